import GraphIR
import TestSupport

/// The fixtures of images as a user writes them.
struct OpFixtureImages {
  let fixture: OpFixture

  /// Nil where the function is none of images.
  func callAsFunction(_ x: [Value]) -> Value? {
    convolution(x) ?? pool(x[0]) ?? norm(x) ?? enlargement(x[0])
  }

  private func whole(_ name: String, _ absent: Int = 0) -> Int {
    if case .number(let value)? = fixture.attributes[name] { return Int(value) }
    return absent
  }

  private func convolution(_ x: [Value]) -> Value? {
    let (stride, padding) = (whole("stride", 1), whole("padding"))
    let (dilation, groups) = (whole("dilation", 1), whole("groups", 1))
    let bias = x.count > 2 ? x[2] : nil
    switch fixture.op {
    case "conv1d":
      return x[0].conv1d(
        x[1], bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    case "conv2d":
      return x[0].conv2d(
        x[1], bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    case "conv_transpose1d":
      return x[0].convTranspose1d(
        x[1], bias: bias, stride: stride, padding: padding,
        outputPadding: whole("output_padding"), dilation: dilation, groups: groups)
    case "conv_transpose2d":
      return x[0].convTranspose2d(
        x[1], bias: bias, stride: stride, padding: padding,
        outputPadding: whole("output_padding"), dilation: dilation, groups: groups)
    default: return nil
    }
  }

  private func pool(_ x: Value) -> Value? {
    let size = whole("size", 1)
    let stride = whole("stride", size)
    switch fixture.op {
    case "max_pool2d":
      return x.maxPool2d(
        size, stride: stride, padding: whole("padding"), dilation: whole("dilation", 1))
    case "avg_pool2d":
      return x.averagePool2d(
        size, stride: stride, padding: whole("padding"),
        countsPadding: whole("count_include_pad", 1) == 1)
    case "adaptive_avg_pool2d": return x.adaptiveAveragePool([size, size])
    case "adaptive_max_pool2d": return x.adaptiveMaxPool([size, size])
    default: return nil
    }
  }

  private func norm(_ x: [Value]) -> Value? {
    switch fixture.op {
    case "group_norm": return x[0].groupNorm(groups: whole("groups", 1), gain: x[1], bias: x[2])
    case "batch_norm": return x[0].batchNorm(gain: x[1], bias: x[2]).value
    case "batch_norm_eval":
      guard case .number(let mean)? = fixture.attributes["mean"],
        case .number(let variance)? = fixture.attributes["variance"]
      else { return nil }
      let channels = Shape([x[0].shape[1]])
      return x[0].batchNorm(
        mean: x[0].constant(mean).broadcast(to: channels),
        variance: x[0].constant(variance).broadcast(to: channels), gain: x[1], bias: x[2])
    default: return nil
    }
  }

  private func enlargement(_ x: Value) -> Value? {
    switch fixture.op {
    case "upsample_nearest": return x.upsampleNearest(by: whole("factor", 1))
    case "upsample_bilinear":
      let size = whole("size", 1)
      return x.upsampleLinear(to: [size, size], alignCorners: whole("align_corners") == 1)
    default: return nil
    }
  }
}

import GraphIR
import Runtime

/// The matrix and the vector that a network is, if it is linear: found by what it makes of the
/// black image, b, and of each image with a single white pixel, a column of W plus b.
struct LinearMap {
  /// [pixels][classes].
  let weight: [[Double]]
  let bias: [Double]

  init(of network: Trainer, side: Int) throws {
    let pixels = side * side
    var images = [Float](repeating: 0, count: (pixels + 1) * pixels)
    for pixel in 0..<pixels { images[pixel * pixels + pixel] = 1 }
    let basis = try Dataset(
      arrays: [("x", Tensor(images, shape: [pixels + 1, 1, side, side]))], source: "basis")
    let rows = try network.logits(of: basis)
    let bias = rows[pixels]
    self.bias = bias
    weight = rows.prefix(pixels).map { row in zip(row, bias).map { $0 - $1 } }
  }

  /// W x + b, for pixels as bytes.
  func logits(of image: ArraySlice<UInt8>) -> [Double] {
    var sums = bias
    for (pixel, column) in zip(image, weight) where pixel > 0 {
      let brightness = Double(pixel) / 255
      for (index, element) in column.enumerated() { sums[index] += brightness * element }
    }
    return sums
  }

  /// How far the network's logits are from W x + b, where that is most, as a share of the largest
  /// logit: the rounding of sums if the network is linear.
  func error(of network: Trainer, on data: Dataset) throws -> Double {
    let (images, exact) = (try data.array("x").tensor, try network.logits(of: data))
    let size = images.count / data.count
    var (worst, largest) = (0.0, 0.0)
    for (sample, row) in exact.enumerated() {
      let predicted = logits(of: images.bytes[sample * size..<(sample + 1) * size])
      for (a, b) in zip(row, predicted) {
        worst = max(worst, abs(a - b))
        largest = max(largest, abs(a))
      }
    }
    return worst / largest
  }

  /// One picture a class: how each pixel moves its logit, gray for not at all, the largest weight
  /// among those of `classes` white or black.
  var pictures: Tensor {
    let largest = weight.joined().map(abs).max() ?? 1
    let values = bias.indices.flatMap { index in
      weight.map { Float(0.5 + 0.5 * $0[index] / largest) }
    }
    return Tensor(values, shape: [bias.count, weight.count])
  }
}

extension Trainer {
  /// A row of logits for each sample.
  fileprivate func logits(of data: Dataset) throws -> [[Double]] {
    let logits = try predict("logits", of: data)
    let (values, width) = (logits.doubles, logits.shape[1])
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }
}

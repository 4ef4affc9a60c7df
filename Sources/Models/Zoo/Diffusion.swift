import Foundation
import GraphIR

extension ZooModel {
  /// A small U-Net (Ronneberger et al. 2015) that predicts the noise in an image (Ho et al. 2020),
  /// mixed in a straight line with it (Liu et al. 2022): (1 - t) image + t noise.
  static let diffusion = ZooModel(
    name: "diffusion",
    summary: "U-Net with group norm, SiLU and a time embedding; predicts the noise in an image",
    batch: 64, epochs: 10,
    sizes: [
      Size(name: "width", value: 32, summary: "channels at full size, a multiple of 8"),
      Size(name: "inputs", value: 784, summary: "pixels of a square image, grey or RGB"),
    ],
    inputs: [
      Input(name: "x", type: "f32[batch, 1, 28, 28]", summary: "pixels in 0...1"),
      Input(
        name: "eps", type: "f32[batch, 1, 28, 28]",
        summary: "normal noise; only in the form of the benchmark, else the graph draws it"),
      Input(
        name: "t", type: "f32[batch, 1]",
        summary: "the noise's share in 0...1; only in the form of the benchmark, as eps"),
    ],
    outputs: ["loss", "prediction"]
  ) { plan throws(BuildError) in
    let image = try ImageShape(plan, "with an even side") { $0 >= 2 && $0 % 2 == 0 }
    guard plan["width"] % 8 == 0 else {
      throw BuildError(
        message: "model 'diffusion': width must be a multiple of 8, not \(plan["width"])",
        location: nil)
    }
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, [plan.batch, image.channels, image.side, image.side])
    let (eps, t): (Value, Value)
    let pixels: Value
    switch plan.form.noise {
    case .input:
      eps = builder.input("eps", .f32, x.shape)
      t = builder.input("t", .f32, [plan.batch, 1])
      pixels = x
    case .drawn:
      eps = builder.randomNormal(key: builder.randomKey(), like: x)
      let one = x.flatten().slice(1, to: 1)
      t = builder.randomUniform(key: builder.randomKey(), like: one)
      pixels = 2 * x - 1
    }
    let network = UNet(
      builder, channels: image.channels, width: plan["width"],
      initialization: plan.form.initialization)
    let share = t.reshape([-1, 1, 1, 1])
    let prediction = network.apply((1 - share) * pixels + share * eps, time: t)
    builder.output("loss", prediction.meanSquaredError(eps))
    builder.output("prediction", prediction)
    return try builder.build()
  }
}

/// Two sizes: convolutions at full size, a detour at half the size, and both together again.
private struct UNet {
  private let time: Sequential
  private let enter: Conv2d
  private let before: Sequential
  private let down: Conv2d
  private let middle: Sequential
  private let up: Conv2d
  private let after: Sequential

  init(
    _ builder: GraphBuilder, channels: Int, width: Int, initialization: LinearInitialization
  ) {
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear(
        builder, name, inputs: inputs, outputs: outputs, initialization: initialization)
    }
    func conv(_ name: String, _ inputs: Int, _ outputs: Int, stride: Int = 1) -> Conv2d {
      Conv2d(
        builder, name, channels: inputs, filters: outputs, stride: stride, padding: 1,
        initialization: initialization)
    }
    func norm(_ name: String, _ channels: Int) -> GroupNorm {
      GroupNorm(builder, name, groups: 8, channels: channels)
    }
    let silu = Activation.silu
    time = Sequential(
      linear("t0", 2 * UNet.frequencies.count, 128), silu, linear("t1", 128, 2 * width))
    enter = conv("in", channels, width)
    before = Sequential(norm("g0", width), silu, conv("d0", width, width))
    down = conv("down", width, 2 * width, stride: 2)
    middle = Sequential(
      norm("g1", 2 * width), silu, conv("m0", 2 * width, 2 * width), norm("g2", 2 * width), silu,
      conv("m1", 2 * width, 2 * width))
    up = conv("up", 2 * width, width)
    after = Sequential(
      norm("g3", 2 * width), silu, conv("u0", 2 * width, width), silu,
      conv("out", width, channels))
  }

  /// `x` [batch, channels, side, side] and `t` [batch, 1] give a tensor of the shape of `x`.
  func apply(_ x: Value, time t: Value) -> Value {
    let embedding = time(t.sinusoids(UNet.frequencies))
    let full = before(enter(x))
    let half = down(full) + embedding.reshape([-1, embedding.shape[1], 1, 1])
    let enlarged = up(middle(half).upsampleNearest(by: 2))
    return after(concat([enlarged, full], axis: 1))
  }

  /// 1000 / 10000^(i/16): waves from 1/160 of a turn to 160 turns over t in 0...1.
  static let frequencies = (0..<16).map { 1000 * Foundation.pow(10000, -Double($0) / 16) }
}

extension Value {
  /// Vaswani et al. 2017: [batch, 1] as the sines and cosines of its product with each frequency,
  /// [batch, 2 count].
  fileprivate func sinusoids(_ frequencies: [Double]) -> Value {
    let row = Tensor(TensorType(dtype, [1, frequencies.count]), doubles: frequencies)
    let angles = self * builder.constant(row)
    return concat([angles.sin(), angles.cos()], axis: 1)
  }
}

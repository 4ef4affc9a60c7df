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

import GraphIR
import Models

extension VAEStudy {
  /// 784-400-latent-400-784. Both are trained on the cross-entropy of an image's pixels; the
  /// variational one (Kingma and Welling 2014) draws its code, and pays for how far from the prior.
  ///
  /// While training it draws its noise itself; else that is an input, and any codes `z` are decoded.
  static func model(
    rows: Int, pixels: Int, latent: Int, isVariational: Bool, isTraining: Bool
  ) throws -> Graph {
    let builder = GraphBuilder(isVariational ? "vae" : "autoencoder")
    let x = builder.input("x", .f32, [rows, pixels])
    let h = Linear(builder, "e", inputs: pixels, outputs: 400)(x).relu()
    let mean = Linear(builder, "mu", inputs: 400, outputs: latent)(h)
    let decoder = MLP(builder, [latent, 400, pixels])
    var (code, divergence) = (mean, builder.constant(0))
    if isVariational {
      let logVariance = Linear(builder, "lv", inputs: 400, outputs: latent)(h)
      let noise =
        isTraining
        ? builder.randomNormal(key: builder.randomKey(), like: mean)
        : builder.input("noise", .f32, [rows, latent])
      code = mean + (0.5 * logVariance).exp() * noise
      let parts = mean.squared() + logVariance.exp() - logVariance - 1
      divergence = 0.5 * parts.sum(axes: [1])
    }
    let errors = decoder(code).binaryCrossEntropyWithLogits(x, reduction: .none)
    builder.output("loss", (errors.sum(axes: [1]) + divergence).mean())
    if isTraining { return try builder.build() }
    builder.output("mean", mean)
    builder.output("code", code)
    let z = builder.input("z", .f32, [rows, latent])
    builder.output("decoded", decoder(z).sigmoid())
    return try builder.build()
  }
}

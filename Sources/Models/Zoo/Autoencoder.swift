import GraphIR

extension ZooModel {
  /// Hinton and Salakhutdinov 2006, in a smaller size: an image squeezed through `latent` numbers.
  static let autoencoder = ZooModel(
    name: "autoencoder",
    summary: "784-512-256-latent-256-512-784 with ReLU, mean squared error on its own input",
    batch: 128, epochs: 20,
    sizes: [
      Size(name: "latent", value: 128, summary: "numbers that an image is squeezed into"),
      Size(name: "inputs", value: 784, summary: "pixels of an image"),
    ],
    inputs: [Input(name: "x", type: "f32[batch, 784]", summary: "pixels in 0...1")],
    outputs: ["loss", "reconstruction", "latent"]
  ) { plan throws(BuildError) in
    let (pixels, latent) = (plan["inputs"], plan["latent"])
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, [plan.batch, pixels])
    let encoder = MLP(
      builder, [pixels, 512, 256, latent], initialization: plan.form.initialization)
    let decoder = MLP(
      builder, [latent, 256, 512, pixels], first: 3, initialization: plan.form.initialization)

    let z = plan.form.latentActivation(encoder(x))
    let reconstruction = decoder(z)
    builder.output("loss", reconstruction.meanSquaredError(x))
    builder.output("reconstruction", reconstruction)
    builder.output("latent", z)
    return try builder.build()
  }
}

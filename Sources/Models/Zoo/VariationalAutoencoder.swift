import GraphIR

extension ZooModel {
  /// Kingma and Welling 2014: the loss is the negative evidence lower bound of an image, in nats.
  static let vae = ZooModel(
    name: "vae",
    summary: "variational autoencoder 784-400-latent-400-784, cross-entropy of pixels plus KL",
    batch: 128, epochs: 20,
    sizes: [
      Size(name: "latent", value: 20, summary: "dimensions of the latent Gaussian"),
      Size(name: "inputs", value: 784, summary: "pixels of an image"),
    ],
    inputs: [
      Input(name: "x", type: "f32[batch, 784]", summary: "pixels in 0...1"),
      Input(
        name: "eps", type: "f32[batch, 20]",
        summary: "normal noise; only in the form of the benchmark, else the graph draws it"),
    ],
    outputs: ["loss", "reconstruction", "mu"]
  ) { plan throws(BuildError) in
    let (pixels, latent, hidden) = (plan["inputs"], plan["latent"], 400)
    let builder = GraphBuilder(plan.name)
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear(
        builder, name, inputs: inputs, outputs: outputs,
        initialization: plan.form.initialization)
    }
    let x = builder.input("x", .f32, [plan.batch, pixels])
    let encoder = Sequential(linear("e", pixels, hidden), Activation.relu)
    let mean = linear("mu", hidden, latent)
    let logVariance = linear("lv", hidden, latent)
    let decoder = Sequential(
      linear("d0", latent, hidden), Activation.relu, linear("d1", hidden, pixels))

    let h = encoder(x)
    let (mu, lv) = (mean(h), logVariance(h))
    let eps =
      switch plan.form.noise {
      case .input: builder.input("eps", .f32, [plan.batch, latent])
      case .drawn: builder.randomNormal(key: builder.randomKey(), like: mu)
      }
    let z = mu + (0.5 * lv).exp() * eps
    let logits = decoder(z)

    // Both are sums over a row and means over the batch; a mean times the row's size says so
    // without the size of the batch.
    let pixelLoss = logits.binaryCrossEntropyWithLogits(x) * Double(pixels)
    let deviation = 1 + lv - mu.squared() - lv.exp()
    let divergence = -0.5 * deviation.mean() * Double(latent)
    builder.output("loss", pixelLoss + divergence)
    builder.output("reconstruction", logits.sigmoid())
    builder.output("mu", mu)
    return try builder.build()
  }
}

import GraphIR
import Runtime

extension Study {
  static let vae = Study(
    name: "vae", title: "Why is an autoencoder no generator?",
    claim: """
      Random vectors through the decoder of a plain autoencoder give no digits, since nothing says \
      where its codes lie; those of a variational autoencoder lie where its prior says, and samples \
      from there give digits.
      """
  ) { context in
    let (train, test) = try context.digits()
    let study = try VAEStudy(context, train: train, test: test).measured()
    try study.describe(in: &context.report)
    for judgement in study.judgements { context.report.judge(judgement) }
  }
}

/// Plain and variational autoencoders of two latent sizes, and what comes out of their decoders.
public struct VAEStudy {
  /// Where the vectors that are decoded come from.
  public enum Source: String, CaseIterable, Sendable {
    /// The standard normal prior, through the decoder of the variational autoencoder.
    case vae = "VAE, standard normal"
    /// The same vectors through the decoder of the plain one.
    case plain = "autoencoder, standard normal"
    /// A Gaussian with the mean and covariance of the plain one's codes.
    case fitted = "autoencoder, fitted Gaussian"
  }

  /// What is half way between two test digits of different classes.
  public enum Blend: String, CaseIterable, Sendable {
    case pixels, plain = "autoencoder", vae = "VAE"
  }

  /// The figures of one latent size.
  public struct Figures: Sendable {
    public var sure: [Source: [Double]] = [:]
    public var distance: [Source: [Double]] = [:]
    public var blends: [Blend: [Double]] = [:]
    /// KL(Gaussian with the codes' moments || standard normal) a dimension, in nats.
    public var divergence: [Blend: [Double]] = [:]
    /// Evidence lower bound of the variational autoencoder on test images, in nats.
    public var bound: [Double] = []

    public init() {}
  }

  let context: StudyContext
  let (train, test): (Dataset, Dataset)
  let imageSize: (height: Int, width: Int)
  let critic: DigitCritic
  let latents = [2, 20]
  var figures: [Int: Figures] = [:]
  /// The models of the first seed, for the pictures.
  var models: [Int: (plain: Trainer, vae: Trainer)] = [:]

  init(_ context: StudyContext, train: Dataset, test: Dataset) throws {
    self.context = context
    let shape = try train.array("x").tensor.shape
    guard shape[1] == 1 else {
      throw StudyError("\(train.arrays[0].file): needs gray images, not \(shape[1]) channels")
    }
    imageSize = (shape[2], shape[3])
    critic = try DigitCritic(context, train: train, test: test)
    (self.train, self.test) = (try train.flattened(), try test.flattened())
  }

  func measured() throws -> VAEStudy {
    var study = self
    for latent in latents {
      var figures = Figures()
      for seed in context.seeds(3) {
        context.note("\(latent) latent dimensions, seed \(seed)")
        let plain = try fit(latent, isVariational: false, seed)
        let vae = try fit(latent, isVariational: true, seed)
        try measure(plain, vae, latent, seed, &figures)
        if seed == 0 { study.models[latent] = (plain, vae) }
      }
      study.figures[latent] = figures
    }
    return study
  }

  private func fit(_ latent: Int, isVariational: Bool, _ seed: Int) throws -> Trainer {
    let images = try Dataset([train.array("x")])
    let pixels = train.arrays[0].tensor.shape[1]
    let model = { (rows: Int, isTraining: Bool) in
      try VAEStudy.model(
        rows: rows, pixels: pixels, latent: latent, isVariational: isVariational,
        isTraining: isTraining)
    }
    return try context.train(
      isVariational ? "vae" : "autoencoder", on: images, batch: 128,
      length: .epochs(context.epochs(60, quick: 6)), seed: seed,
      evaluation: { try model($0, false) }, forward: { try model($0, true) })
  }

  private func measure(
    _ plain: Trainer, _ vae: Trainer, _ latent: Int, _ seed: Int, _ figures: inout Figures
  ) throws {
    let prior = Tensor.normals([test.count, latent], seed: seed, stream: 1)
    let codes = Gaussian(of: try plain.predict("code", of: train))
    let fitted = codes.sample(test.count, seed: seed, stream: 2)
    for source in Source.allCases {
      let images = try Self.decode(
        source == .fitted ? fitted : prior, source == .vae ? vae : plain)
      let impression = try critic.look(at: images)
      figures.sure[source, default: []].append(impression.sure)
      figures.distance[source, default: []].append(impression.distance)
    }
    let size = Double(latent)
    let drawn = Gaussian(of: try vae.predict("code", of: train.withNoise(latent, seed, draw: 0)))
    figures.divergence[.plain, default: []].append(codes.divergenceFromStandardNormal / size)
    figures.divergence[.vae, default: []].append(drawn.divergenceFromStandardNormal / size)
    for blend in Blend.allCases {
      let images = try halfway(blend, plain, vae)
      figures.blends[blend, default: []].append(try critic.look(at: images).sure)
    }
    // Several draws of the code for each image.
    let bounds = try (1...8).map { draw in
      -(try vae.evaluate(test.withNoise(latent, seed, draw: draw)).loss)
    }
    figures.bound.append(Spread(bounds).mean)
  }

  static func decode(_ codes: Tensor, _ model: Trainer) throws -> Tensor {
    let data = try Dataset(arrays: [("z", codes)], source: "codes")
    return try model.predict("decoded", of: data)
  }

  private func halfway(_ blend: Blend, _ plain: Trainer, _ vae: Trainer) throws -> Tensor {
    let pairs = try pairs()
    switch blend {
    case .pixels: return try test.array("x").tensor.mixed(pairs, 0.5)
    case .plain: return try Self.decode(plain.predict("mean", of: test).mixed(pairs, 0.5), plain)
    case .vae: return try Self.decode(vae.predict("mean", of: test).mixed(pairs, 0.5), vae)
    }
  }

  /// Test images of different classes, by twos.
  func pairs() throws -> [(Int, Int)] {
    let labels = try test.array("y").tensor.doubles
    let half = test.count / 2
    return (0..<half).map { ($0, $0 + half) }.filter { labels[$0.0] != labels[$0.1] }
  }
}

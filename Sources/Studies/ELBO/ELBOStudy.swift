import Foundation
import GraphIR
import Models
import Runtime

extension Study {
  static let elbo = Study(
    name: "elbo", title: "What does a diffusion model's bound consist of?",
    claim: """
      log p(x) is the evidence lower bound plus a KL divergence. Of the bound's terms the prior's, \
      KL(q(x_T | x_0) || p(x_T)), is left out of the training: it is unknown or hard to compute.
      """
  ) { context in
    var study = try ELBOStudy(context)
    try study.measure()
    try study.describe(in: &context.report)
    for judgement in study.judgements { context.report.judge(judgement) }
  }
}

/// The terms of the bound: for a chain in which each is exact, and for a diffusion of digits.
public struct ELBOStudy {
  /// log p = ELBO + KL for one chain and one number.
  public struct Identity: Sendable {
    public let chain: String
    public let x: Double
    public let logLikelihood: Double
    public let bound: Double
    public let gap: Double

    public init(
      chain: String, x: Double, logLikelihood: Double, bound: Double, gap: Double
    ) {
      (self.chain, self.x) = (chain, x)
      (self.logLikelihood, self.bound, self.gap) = (logLikelihood, bound, gap)
    }
  }

  /// The prior term on test images, in bits a dimension.
  public struct PriorTerm: Sendable {
    /// By the formula, and as the mean over draws of x_T with its standard error.
    public var exact = 0.0
    public var drawn = 0.0
    public var error = 0.0
    /// How many of the model's parameters it depends on.
    public var parameters = 0
    public var allParameters = 0

    public init() {}
  }

  let context: StudyContext
  let (train, test): (Dataset, Dataset)
  let model: DiffusionModel
  var identities: [Identity] = []
  var prior = PriorTerm()
  /// The prior term of other schedules, in bits a dimension.
  var schedules: [(name: String, bits: Double)] = []
  /// L_0...L_T in bits a dimension, of each seed.
  var terms: [[Double]] = []
  /// The first seed's model, for the pictures.
  var trained: TrainedDiffusion?

  init(_ context: StudyContext) throws {
    self.context = context
    let (train, test) = try context.digits()
    let images = try train.array("x")
    let size = Array(images.tensor.shape.dims.dropFirst())
    guard size[0] == 1, size[1] % 4 == 0, size[2] % 4 == 0 else {
      throw StudyError(
        "\(images.file): needs gray images with sides that 4 divides, not \(images.tensor.type)")
    }
    self.train = try train.halved()
    self.test = try test.first(context.pick(test.count, quick: 100)).halved()
    model = DiffusionModel(
      schedule: .linear(context.pick(1000, quick: 100)), image: [1, size[1] / 2, size[2] / 2],
      width: context.pick(16, quick: 8))
  }

  /// Nats of an image as bits a dimension.
  func bits(_ nats: Double) -> Double { nats / Double(model.image.reduce(1, *)) / log(2) }

  mutating func measure() throws {
    identities = ELBOStudy.identities()
    try measurePrior()
    for seed in context.seeds(3) {
      context.note("diffusion, seed \(seed)")
      let trained = try fit(seed)
      let nats = try trained.terms(
        test.array("x").tensor, rounds: context.pick(20, quick: 4), context.checkInterruption)
      terms.append(nats.map(bits))
      if seed == 0 { self.trained = trained }
    }
  }

  private func fit(_ seed: Int) throws -> TrainedDiffusion {
    let data = context.isQuick ? train.first(512) : train
    let (batch, epochs) = (32, context.epochs(20, quick: 4))
    let steps = epochs * ((data.count + batch - 1) / batch)
    let trainer = try context.train(
      "ddpm", on: data, batch: batch, length: .epochs(epochs),
      optimizer: .adam(learningRate: 2e-3), schedule: .cosine(steps: steps, minimum: 0), seed: seed,
      forward: model.training)
    return TrainedDiffusion(model, trainer)
  }

  /// Chains that undo the forward one, nearly do, and do not, each for three numbers.
  public static func identities() -> [Identity] {
    let b = (1...10).map { 0.05 * Double($0) }
    let exact = LinearGaussianChain(undoing: b, mean: 0.5, variance: 0.25)
    var (near, far) = (exact, exact)
    near.c = near.c.map { $0 + 0.05 }
    far.r = far.r.map { 0.7 * $0 }
    far.v = far.v.map { 2 * $0 }
    let chains = [("exact", exact), ("nearly", near), ("wrong", far)]
    return chains.flatMap { name, chain in
      [-1.0, 0.5, 2].map { x in
        Identity(
          chain: name, x: x, logLikelihood: chain.logLikelihood(x),
          bound: -chain.terms(x).reduce(0, +), gap: chain.gap(x))
      }
    }
  }
}

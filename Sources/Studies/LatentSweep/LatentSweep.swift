import GraphIR
import Models
import Runtime

extension Study {
  static let latentSweep = Study(
    name: "latent-sweep", title: "How many latent dimensions?",
    claim: """
      The accuracy of a classifier on an autoencoder's latent space rises with its dimension to a \
      best one, and then falls.
      """
  ) { context in
    let (train, test) = try context.digits()
    let dimensions = context.pick(
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], quick: [2, 8, 32, 256])
    let labels = context.pick([100, 1000, train.count], quick: [100, train.count])
      .filter { $0 <= train.count }
    let sweep = try LatentSweep(context, train: train, test: test).measure(dimensions, labels)
    sweep.describe(in: &context.report)
    let settings = LatentSweep.Probe.allCases.flatMap { probe in
      labels.map { count in
        let curve = dimensions.map { sweep.accuracy[.init(probe, $0, count)] ?? Spread([.nan]) }
        return ("\(probe.rawValue) classifier, \(count) labels", curve)
      }
    }
    let judgements = settings.map { LatentSweep.judge($0.0, dimensions, $0.1) }
    context.report.judge(LatentSweep.summary(zip(settings.map(\.0), judgements).map { $0 }))
    for judgement in judgements { context.report.judge(judgement) }
  }
}

/// Accuracies of classifiers on the latents of autoencoders of several widths.
public struct LatentSweep {
  enum Probe: String, CaseIterable { case linear, mlp }

  struct Key: Hashable {
    let probe: Probe
    let dimension: Int
    let labels: Int

    init(_ probe: Probe, _ dimension: Int, _ labels: Int) {
      (self.probe, self.dimension, self.labels) = (probe, dimension, labels)
    }
  }

  private let context: StudyContext
  private let train: Dataset
  private let test: Dataset
  private(set) var dimensions: [Int] = []
  private(set) var labels: [Int] = []
  private(set) var accuracy: [Key: Spread] = [:]
  private(set) var error: [Int: Spread] = [:]

  init(_ context: StudyContext, train: Dataset, test: Dataset) throws {
    self.context = context
    (self.train, self.test) = (try train.flattened(), try test.flattened())
  }

  func measure(_ dimensions: [Int], _ labels: [Int]) throws -> LatentSweep {
    var sweep = self
    (sweep.dimensions, sweep.labels) = (dimensions, labels)
    var accuracies: [Key: [Double]] = [:]
    for dimension in dimensions {
      var errors: [Double] = []
      for seed in context.seeds(3) {
        context.note("latent \(dimension), seed \(seed)")
        let autoencoder = try fit(dimension, seed)
        errors.append(try autoencoder.evaluate(test).loss)
        let (codes, held) = try latents(autoencoder)
        for probe in Probe.allCases {
          for count in labels {
            accuracies[Key(probe, dimension, count), default: []].append(
              try classify(probe, codes.first(count), held, seed))
          }
        }
      }
      sweep.error[dimension] = Spread(errors)
    }
    sweep.accuracy = accuracies.mapValues(Spread.init)
    return sweep
  }

  private func fit(_ dimension: Int, _ seed: Int) throws -> Trainer {
    let pixels = train.arrays[0].tensor.shape[1]
    let images = try Dataset([train.array("x")])
    return try context.train(
      "autoencoder", on: images, batch: 128, length: .epochs(context.epochs(20, quick: 4)),
      seed: seed
    ) { rows in
      try LatentSweep.autoencoder(rows: rows, pixels: pixels, latent: dimension)
    }
  }

  /// 784-512-256-latent-256-512-784 with ReLU, mean squared error.
  private static func autoencoder(rows: Int, pixels: Int, latent: Int) throws -> Graph {
    let builder = GraphBuilder("autoencoder")
    let x = builder.input("x", .f32, [rows, pixels])
    let z = MLP(builder, [pixels, 512, 256, latent])(x)
    let reconstruction = MLP(builder, [latent, 256, 512, pixels], first: 3)(z)
    builder.output("loss", reconstruction.meanSquaredError(x))
    builder.output("latent", z)
    return try builder.build()
  }

  /// Training and test images as latents with mean 0 and standard deviation 1, with their labels.
  private func latents(_ autoencoder: Trainer) throws -> (Dataset, Dataset) {
    let codes = try (
      autoencoder.predict("latent", of: train), autoencoder.predict("latent", of: test)
    )
    let standard = Standardization(of: codes.0)
    let labelled = { (codes: Tensor, data: Dataset) in
      try Dataset([
        .init(name: "x", tensor: standard.apply(codes), file: "latents"), data.array("y"),
      ])
    }
    return (try labelled(codes.0, train), try labelled(codes.1, test))
  }

  private func classify(
    _ probe: Probe, _ codes: Dataset, _ held: Dataset, _ seed: Int
  ) throws -> Double {
    let inputs = codes.arrays[0].tensor.shape[1]
    // As many steps whatever the number of labels.
    let steps = context.pick(600, quick: 200)
    let trainer = try context.train(
      "probe", on: codes, batch: 100, length: .steps(steps),
      optimizer: .adam(learningRate: 5e-3), schedule: .cosine(steps: steps, minimum: 0), seed: seed
    ) { rows in
      try mlpClassifier(
        rows: rows, inputs: inputs, hidden: probe == .mlp ? [128] : [], classes: 10)
    }
    return try trainer.evaluate(held).accuracy ?? .nan
  }
}

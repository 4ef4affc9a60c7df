import GraphIR
import Models
import Runtime

/// A convolutional network that has learned the classes of real images, and looks at generated ones.
struct DigitCritic {
  /// From which probability of its best class on it is sure.
  static let sureness = 0.95

  private let trainer: Trainer
  private let real: Gaussian
  /// Share of right answers on test images.
  let accuracy: Double
  /// Share of test images it is sure of.
  let sureOfReal: Double
  /// Squared Frechet distance between features of other real images and of the test images.
  let distanceOfReal: Double

  init(_ context: StudyContext, train: Dataset, test: Dataset) throws {
    for data in [train, test] { try data.requireLabels(below: 10) }
    context.note("classifier")
    let shape = try train.array("x").tensor.shape
    trainer = try context.train(
      "critic", on: train, length: .epochs(context.pick(8, quick: 2)), seed: 0
    ) { rows in
      try Self.network(rows: rows, channels: shape[1], height: shape[2], width: shape[3])
    }
    accuracy = try trainer.evaluate(test).accuracy ?? .nan
    real = Gaussian(of: try trainer.predict("features", of: test))
    sureOfReal = try Self.share(trainer, test)
    let others = train.first(test.count)
    distanceOfReal = try Gaussian(of: trainer.predict("features", of: others))
      .frechetDistance(to: real)
  }

  /// Two convolutions, 64 features, 10 classes.
  private static func network(rows: Int, channels: Int, height: Int, width: Int) throws -> Graph {
    let builder = GraphBuilder("critic")
    let x = builder.input("x", .f32, [rows, channels, height, width])
    let first = Conv2d(builder, "c0", channels: channels, filters: 16, padding: 1)
    let second = Conv2d(builder, "c1", channels: 16, filters: 32, padding: 1)
    let h = second(first(x).relu().maxPool2d(2)).relu().maxPool2d(2).flatten()
    let hidden = Linear(builder, "h", inputs: h.shape[1], outputs: 64)
    let features = hidden(h).relu()
    let logits = Linear(builder, "o", inputs: 64, outputs: 10)(features)
    builder.output("features", features)
    builder.output("best", logits.softmax().max(axes: [-1]))
    return try classify(builder, logits)
  }

  /// How good images look, [n, pixels] or [n, 1, height, width] in 0...1.
  func look(at images: Tensor) throws -> Impression {
    let data = try Dataset(arrays: [("x", images)], source: "generated images")
    let features = try trainer.predict("features", of: data)
    return Impression(
      sure: try Self.share(trainer, data),
      distance: Gaussian(of: features).frechetDistance(to: real))
  }

  private static func share(_ trainer: Trainer, _ data: Dataset) throws -> Double {
    let best = try trainer.predict("best", of: data).doubles
    return Double(best.filter { $0 >= sureness }.count) / Double(best.count)
  }
}

/// What the critic says of a set of images.
struct Impression {
  /// Share of images that it is sure of.
  let sure: Double
  /// Squared Frechet distance of their features to those of real images.
  let distance: Double
}

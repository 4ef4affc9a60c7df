import GraphIR
import Runtime

extension Study {
  static let inductiveBias = Study(
    name: "inductive-bias", title: "What does a network know before it is trained?",
    claim: """
      A CNN is built for images: it does not care where something stands, and it needs pixels to \
      be neighbours. An MLP knows nothing of that: shifts confuse it, and a permutation of all \
      pixels does not.
      """
  ) { context in
    let images = try LabelledImages(context)
    let study = InductiveBias(context, images)
    let shifts = try study.measureShifts(
      context.pick([0, 1, 2, 3, 4, 6, 8], quick: [0, 2, 8]))
    let counts = context.pick([100, 600, 3600, 21_600], quick: [200])
      .filter { $0 < images.train.count * 3 / 4 }
    let most = min(images.train.count, context.pick(.max, quick: 1000))
    let orders = try study.measureOrders(counts + [most])
    try study.describe(shifts, orders, in: &context.report)
    for judgement in InductiveBias.judge(shifts) { context.report.judge(judgement) }
    for judgement in InductiveBias.judge(orders) { context.report.judge(judgement) }
  }
}

/// Accuracies of networks with more or less built in, on shifted and on permuted images.
public struct InductiveBias {
  /// Accuracy of each network at each distance.
  public struct Shifts: Sendable {
    public let distances: [Int]
    public let accuracy: [String: [Spread]]

    public init(distances: [Int], accuracy: [String: [Spread]]) {
      (self.distances, self.accuracy) = (distances, accuracy)
    }
  }

  /// Accuracy of each network at each number of training images, pixels in their places and
  /// permuted.
  public struct Orders: Sendable {
    public let counts: [Int]
    public let plain: [String: [Spread]]
    public let permuted: [String: [Spread]]

    public init(counts: [Int], plain: [String: [Spread]], permuted: [String: [Spread]]) {
      (self.counts, self.plain, self.permuted) = (counts, plain, permuted)
    }
  }

  /// An MLP that saw shifted images in training.
  public static let shiftedMLP = "MLP trained on shifted images"
  /// Space around the images, so that no shift cuts anything off.
  static let margin = 8

  let context: StudyContext
  let images: LabelledImages

  init(_ context: StudyContext, _ images: LabelledImages) {
    (self.context, self.images) = (context, images)
  }

  /// Trains on images in the middle of a black canvas and tests on images that are moved away from
  /// it: a quarter of them up, down, to the left and to the right each.
  func measureShifts(_ distances: [Int]) throws -> Shifts {
    let canvas = images.side + 2 * InductiveBias.margin
    let centred = try shifted(images.train) { _ in (0, 0) }
    let copies = try anywhere()
    let tests = try distances.map { distance in
      try shifted(images.test) { InductiveBias.step($0, distance) }
    }
    let subjects =
      Network.allCases.map { ($0.rawValue, $0, centred) }
      + [(InductiveBias.shiftedMLP, .mlp, copies)]
    var accuracy: [String: [Spread]] = [:]
    for (name, network, data) in subjects {
      context.note("shifted images: \(name)")
      var figures = distances.map { _ in [Double]() }
      for seed in context.seeds(3) {
        let trainer = try fit(network, data, side: canvas, seed)
        for (index, test) in tests.enumerated() {
          figures[index].append(try trainer.evaluate(test).accuracy ?? .nan)
        }
      }
      accuracy[name] = figures.map(Spread.init)
    }
    return Shifts(distances: distances, accuracy: accuracy)
  }

  /// Trains and tests each network on more and more images, as they are and all permuted alike.
  func measureOrders(_ counts: [Int]) throws -> Orders {
    let permuted = try images.permuted(seed: 1)
    let measure = { (what: String, images: LabelledImages) in
      var accuracy: [String: [Spread]] = [:]
      for network in [Network.mlp, .cnn] {
        accuracy[network.rawValue] = try counts.map { count in
          context.note("\(what): \(network.rawValue), \(count) images")
          let data = images.train.first(count)
          return Spread(
            try context.seeds(3).map { seed in
              let trainer = try fit(network, data, side: images.side, seed)
              return try trainer.evaluate(images.test).accuracy ?? .nan
            })
        }
      }
      return accuracy
    }
    return Orders(
      counts: counts, plain: try measure("pixels in place", images),
      permuted: try measure("pixels permuted", permuted))
  }

  /// As many steps whatever the number of images: at least 300, and twice through large data.
  private func fit(
    _ network: Network, _ data: Dataset, side: Int, _ seed: Int
  ) throws -> Trainer {
    let batch = 64
    let perEpoch = (images.train.count + batch - 1) / batch
    let steps =
      context.options.epochs.map { $0 * perEpoch }
      ?? context.pick(max(300, 2 * perEpoch), quick: 120)
    return try context.train(
      "classifier", on: data, batch: batch, length: .steps(steps),
      optimizer: .adam(learningRate: 3e-3), schedule: .cosine(steps: steps, minimum: 0),
      seed: seed
    ) { rows in try network.graph(rows: rows, side: side) }
  }
}

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

  /// Four copies of the training images, each image moved by 0 to 8 pixels in one direction.
  private func anywhere() throws -> Dataset {
    let copies = 4
    let (x, y) = (try images.train.array("x"), try images.train.array("y"))
    let data = try Dataset(
      arrays: [("x", x.tensor.repeated(copies)), ("y", y.tensor.repeated(copies))],
      source: x.file)
    // By shuffled numbers: each distance in each direction about as often as any other.
    var sampler = Sampler(count: data.count, batchSize: data.count, state: .init(seed: 2))
    let order = sampler.next().indices
    return try shifted(data) { sample in
      InductiveBias.step(order[sample], order[sample] / 4 % (InductiveBias.margin + 1))
    }
  }

  /// Images on the canvas, each moved down and right from the middle by `offset`.
  private func shifted(
    _ data: Dataset, _ offset: (Int) -> (down: Int, right: Int)
  ) throws -> Dataset {
    let margin = InductiveBias.margin
    let canvas = images.side + 2 * margin
    var tables: [[Int]: [Int?]] = [:]
    return try data.rearranged(side: canvas) { sample in
      let (down, right) = offset(sample)
      if let table = tables[[down, right]] { return table }
      let table = images.onCanvas(side: canvas, top: margin + down, left: margin + right)
      tables[[down, right]] = table
      return table
    }
  }

  /// `distance` in one of four directions, in turn.
  private static func step(_ sample: Int, _ distance: Int) -> (down: Int, right: Int) {
    switch sample % 4 {
    case 0: (-distance, 0)
    case 1: (distance, 0)
    case 2: (0, -distance)
    default: (0, distance)
    }
  }

  /// The first test images as each distance shows them.
  func examples(_ distances: [Int], count: Int) throws -> [Tensor] {
    try distances.map { distance in
      let few = images.test.first(count)
      return try shifted(few) { InductiveBias.step($0, distance) }.array("x").tensor
    }
  }
}

extension Tensor {
  /// This many copies, one after the other along the first axis.
  fileprivate func repeated(_ count: Int) -> Tensor {
    var type = type
    type.shape[0] *= count
    return Tensor(type, bytes: Array([[UInt8]](repeating: bytes, count: count).joined()))
  }
}

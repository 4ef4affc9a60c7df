import GraphIR
import Runtime

extension Study {
  static let cnnVersusMLP = Study(
    name: "cnn-vs-mlp", title: "Why convolutions?",
    claim: """
      With as many parameters a convolutional network classifies images better than an MLP, from \
      fewer images; but without nonlinearities it is one linear map and no better than that.
      """
  ) { context in
    let images = try LabelledImages(context)
    let widths = context.pick([2, 4, 8, 16], quick: [2, 8])
    let counts = context.pick([100, 400, 1600, 6400, 25_600], quick: [100, 1000])
      .filter { $0 < images.train.count }
    var study = try CNNvsMLP(context, images)
    try study.measure(widths: widths, counts: counts + [images.train.count])
    try study.measureLinear()
    try study.describe(in: &context.report)
    for judgement in study.judgements { context.report.judge(judgement) }
  }
}

/// Accuracies of pairs of a CNN and an MLP, and what is left of the CNN without nonlinearities.
public struct CNNvsMLP {
  /// A CNN and an MLP, trained alike.
  public struct Pair: Sendable {
    /// Parameters, or training images.
    public let size: Int
    public let cnn: Spread
    public let mlp: Spread

    public init(size: Int, cnn: Spread, mlp: Spread) {
      (self.size, self.cnn, self.mlp) = (size, cnn, mlp)
    }
  }

  /// CNNs with and without nonlinearities beside softmax regression, and how far each is from the
  /// linear map that it would be.
  public struct Linearity: Sendable {
    public var accuracy: [String: Spread] = [:]
    public var error: [String: Spread] = [:]
    /// Pixels of an image.
    public var inputs: Int

    public init(
      accuracy: [String: Spread] = [:], error: [String: Spread] = [:], inputs: Int = 784
    ) {
      (self.accuracy, self.error, self.inputs) = (accuracy, error, inputs)
    }
  }

  let context: StudyContext
  let images: LabelledImages
  /// By parameters of the CNN, all images; the MLP's parameters beside them.
  private(set) var byParameters: [Pair] = []
  private(set) var mlpParameters: [Int] = []
  /// By training images, `width` filters.
  private(set) var byImages: [Pair] = []
  private(set) var linearity = Linearity()
  private(set) var weights: [(name: String, map: LinearMap)] = []
  /// Filters of the CNN whose number of images varies, and of the one without nonlinearities.
  let width = 8

  init(_ context: StudyContext, _ images: LabelledImages) throws {
    (self.context, self.images) = (context, images)
    linearity.inputs = images.side * images.side
  }

  mutating func measure(widths: [Int], counts: [Int]) throws {
    for width in widths {
      let parameters = CNNvsMLP.parameters(
        of: try CNNvsMLP.cnn(rows: 1, side: images.side, width: width))
      let hidden = CNNvsMLP.hidden(side: images.side, parameters: parameters)
      mlpParameters.append(
        CNNvsMLP.parameters(of: try CNNvsMLP.mlp(rows: 1, side: images.side, hidden: hidden)))
      byParameters.append(try pair(parameters, width, hidden, images.train))
      guard width == self.width else { continue }
      for count in counts.dropLast() {
        byImages.append(try pair(count, width, hidden, images.train.first(count)))
      }
      let all = byParameters[byParameters.count - 1]
      byImages.append(Pair(size: images.train.count, cnn: all.cnn, mlp: all.mlp))
    }
  }

  private func pair(_ size: Int, _ width: Int, _ hidden: Int, _ data: Dataset) throws -> Pair {
    let side = images.side
    context.note("\(width) filters against \(hidden) hidden units, \(data.count) images")
    var accuracies: (cnn: [Double], mlp: [Double]) = ([], [])
    for seed in context.seeds(3) {
      let cnn = try fit(data, seed) { try CNNvsMLP.cnn(rows: $0, side: side, width: width) }
      let mlp = try fit(data, seed) { try CNNvsMLP.mlp(rows: $0, side: side, hidden: hidden) }
      accuracies.cnn.append(try cnn.evaluate(images.test).accuracy ?? .nan)
      accuracies.mlp.append(try mlp.evaluate(images.test).accuracy ?? .nan)
    }
    return Pair(size: size, cnn: Spread(accuracies.cnn), mlp: Spread(accuracies.mlp))
  }

  mutating func measureLinear() throws {
    let (side, width) = (images.side, width)
    let models: [(name: String, forward: (Int) throws -> Graph)] = [
      ("softmax regression", { try CNNvsMLP.mlp(rows: $0, side: side, hidden: 0) }),
      ("linear CNN", { try CNNvsMLP.linearCNN(rows: $0, side: side, width: width) }),
      ("CNN", { try CNNvsMLP.cnn(rows: $0, side: side, width: width) }),
    ]
    for (name, forward) in models {
      context.note("\(name), as a linear map")
      var figures: (accuracies: [Double], errors: [Double]) = ([], [])
      for seed in context.seeds(3) {
        let network = try fit(images.train, seed, forward)
        let map = try LinearMap(of: network, side: side)
        figures.accuracies.append(try network.evaluate(images.test).accuracy ?? .nan)
        figures.errors.append(try map.error(of: network, on: images.test))
        if seed == 0 { weights.append((name, map)) }
      }
      linearity.accuracy[name] = Spread(figures.accuracies)
      linearity.error[name] = Spread(figures.errors)
    }
  }

  /// As many steps whatever the number of images: at least 400, and twice through large data.
  private func fit(
    _ data: Dataset, _ seed: Int, _ forward: @escaping (Int) throws -> Graph
  ) throws -> Trainer {
    let batch = 64
    let perEpoch = (images.train.count + batch - 1) / batch
    let steps =
      context.options.epochs.map { $0 * perEpoch }
      ?? context.pick(max(400, 2 * perEpoch), quick: 150)
    return try context.train(
      "classifier", on: data, batch: batch, length: .steps(steps),
      optimizer: .adam(learningRate: 3e-3), schedule: .cosine(steps: steps, minimum: 0),
      seed: seed, forward: forward)
  }
}

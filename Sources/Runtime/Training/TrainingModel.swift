import GraphIR

/// What a trainer trains: a model as graphs for any number of rows.
public struct TrainingModel {
  public let name: String
  /// The graph that evaluates so many rows; its output `loss` is a float scalar, and `correct`, if
  /// there is one, the number of rows it got right.
  public let evaluation: (Int) throws -> Graph
  /// The whole training step for so many rows, with the outputs of the forward graph.
  public let step: (Int) throws -> Graph
  /// First values of variables by name, instead of those their initializers draw.
  public var initialValues: [String: Tensor] = [:]
  /// The only number of rows there is, for a graph that came with its updates.
  public let fixedRows: Int?

  /// A model by its forward graphs; `evaluation` where that differs, as it does with dropout.
  ///
  /// A graph may depend on the number of rows in its shapes only.
  public init(
    name: String, optimizer: Optimizer, schedule: Schedule = .constant,
    clip: GradientClipping = .none, evaluation: ((Int) throws -> Graph)? = nil,
    forward: @escaping (Int) throws -> Graph
  ) {
    self.name = name
    self.evaluation = evaluation ?? forward
    step = { rows in
      try TrainingStep.build(
        forward: forward(rows), optimizer: optimizer, schedule: schedule, clip: clip)
    }
    fixedRows = nil
  }

  /// A model by its forward graphs and training steps of one's own, such as those of an optimizer
  /// written with a builder.
  ///
  /// `step` makes the graph that trains on so many rows: its updates are the optimizer, its output
  /// `loss` a float scalar. Graphs may depend on the number of rows in their shapes only.
  public init(
    name: String, evaluation: @escaping (Int) throws -> Graph,
    step: @escaping (Int) throws -> Graph
  ) {
    self.name = name
    self.evaluation = evaluation
    self.step = step
    fixedRows = nil
  }

  /// A graph that holds its updates already; it trains as it is.
  ///
  /// Errors: `TrainingError` for inputs that do not agree on the number of rows.
  public init(whole graph: Graph) throws {
    let rows = Set(graph.inputs.map { $0.input.type.shape.dims.first ?? 0 })
    guard rows.count == 1, let count = rows.first, count > 0 else {
      throw TrainingError.model(
        "graph '\(graph.name)': its inputs must share a first axis, the rows of a batch")
    }
    guard graph.output("loss") != nil else {
      throw TrainingError.model("graph '\(graph.name)' has no output 'loss'")
    }
    name = graph.name
    fixedRows = count
    step = { _ in graph }
    evaluation = { _ in graph }
  }
}

/// How a model is trained.
public struct TrainingSettings {
  public enum Length: Hashable, Sendable {
    case epochs(Int)
    case steps(Int)
  }

  public var batch: Int
  public var length: Length
  public var seed: Int
  public var shuffles = true
  public var options: Compilation.Options
  /// Where checkpoints and metrics.csv go; nil writes nothing.
  public var folder: String?
  /// Goes on from the folder's last checkpoint, if it has one.
  public var resumes = false
  /// Steps between checkpoints, besides those at the ends of epochs.
  public var checkpointEvery: Int?

  public init(
    batch: Int, length: Length, seed: Int = 0, options: Compilation.Options = .init(),
    folder: String? = nil
  ) {
    self.batch = batch
    self.length = length
    self.seed = seed
    self.options = options
    self.folder = folder
  }

  /// Steps of a whole training on so many rows, the short batches of the epochs included.
  public func steps(samples: Int) -> Int {
    switch length {
    case .steps(let steps): return steps
    case .epochs(let epochs):
      let rows = max(1, min(batch, samples))
      let perEpoch = (samples + rows - 1) / rows
      let (steps, isTooLarge) = epochs.multipliedReportingOverflow(by: perEpoch)
      return isTooLarge ? .max : steps
    }
  }
}

import GraphIR

/// How a model does on a data set.
public struct Evaluation: Hashable, Sendable {
  /// Mean over the rows.
  public let loss: Double
  /// Share of the rows that are right, for graphs with an output `correct`.
  public let accuracy: Double?
}

extension Trainer {
  /// Loss and accuracy under the present weights, which stay as they are.
  public func evaluate(_ dataset: Dataset) throws -> Evaluation {
    let graph = try model.evaluation(rows(of: dataset)).computing(Trainer.evaluatedOutputs)
    return try evaluate(BatchFeed(dataset, for: graph))
  }

  /// An output of the evaluated graph for every row, in order, under the present weights.
  ///
  /// The data needs only the inputs that the output depends on. The output's first axis must be
  /// that of the rows. Errors: `TrainingError.model`.
  public func predict(_ output: String, of dataset: Dataset) throws -> Tensor {
    let graph = try model.evaluation(rows(of: dataset)).computing([output])
    let feed = try BatchFeed(dataset, for: graph)
    var bytes: [UInt8] = []
    var type: TensorType?
    try forEachBatch(of: feed, computing: [output]) { runner, rows in
      guard let tensor = runner.executable.output(output), tensor.shape.dims.first == rows else {
        throw TrainingError.model(
          "graph '\(model.name)' has no output '\(output)' with a row for each row of its inputs")
      }
      bytes += tensor.bytes
      type = tensor.type
    }
    guard var type else {
      throw TrainingError.settings("\(dataset.arrays[0].file): has no rows")
    }
    type.shape[0] = dataset.count
    return Tensor(type, bytes: bytes)
  }

  /// What an evaluation needs of a graph.
  static let evaluatedOutputs = ["loss", "correct"]

  /// The evaluation on the test rows; nil where there are none, or not such that batches of the
  /// one size that a graph may have make them up.
  func validate() throws -> Evaluation? {
    guard let testFeed, testFeed.count > 0, testFeed.count % (model.fixedRows ?? 1) == 0 else {
      return nil
    }
    return try evaluate(testFeed)
  }

  private func evaluate(_ feed: BatchFeed) throws -> Evaluation {
    var loss = 0.0
    var correct: Double?
    try forEachBatch(of: feed, computing: Trainer.evaluatedOutputs) { runner, rows in
      loss += (runner.scalar("loss") ?? .nan) * Double(rows)
      if let count = runner.scalar("correct") { correct = (correct ?? 0) + count }
    }
    let count = Double(max(1, feed.count))
    return Evaluation(loss: loss / count, accuracy: correct.map { $0 / count })
  }

  /// Rows of a batch of this data.
  private func rows(of dataset: Dataset) -> Int {
    model.fixedRows ?? max(1, min(settings.batch, dataset.count))
  }

  private func forEachBatch(
    of feed: BatchFeed, computing outputs: [String], _ body: (BatchRunner, Int) throws -> Void
  ) throws {
    let batch = model.fixedRows ?? settings.batch
    for start in stride(from: 0, to: feed.count, by: batch) {
      let indices = Array(start..<min(start + batch, feed.count))
      let runner = try evaluator(EvaluatorKey(outputs: outputs, rows: indices.count))
      try runner.run(feed, indices)
      try body(runner, indices.count)
    }
  }

  private func evaluator(_ key: EvaluatorKey) throws -> BatchRunner {
    if let runner = evaluators[key] { return runner }
    let runner = try BatchRunner(
      model.evaluation(key.rows).computing(key.outputs), state: state, options: settings.options)
    evaluators[key] = runner
    return runner
  }
}

/// Which evaluation is compiled.
struct EvaluatorKey: Hashable {
  let outputs: [String]
  let rows: Int
}

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
    var loss = 0.0
    var correct: Double?
    try forEachBatch(of: dataset, computing: ["loss", "correct"]) { runner, rows in
      loss += (runner.scalar("loss") ?? .nan) * Double(rows)
      if let count = runner.scalar("correct") { correct = (correct ?? 0) + count }
    }
    let count = Double(max(1, dataset.count))
    return Evaluation(loss: loss / count, accuracy: correct.map { $0 / count })
  }

  /// An output of the evaluated graph for every row, in order, under the present weights.
  ///
  /// The output's first axis must be that of the rows. Errors: `TrainingError.model`.
  public func predict(_ output: String, of dataset: Dataset) throws -> Tensor {
    var bytes: [UInt8] = []
    var type: TensorType?
    try forEachBatch(of: dataset, computing: [output]) { runner, rows in
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

  /// Whether batches of the one size that a graph may have make up the data.
  func canEvaluate(_ dataset: Dataset) -> Bool {
    guard let rows = model.fixedRows else { return dataset.count > 0 }
    return dataset.count > 0 && dataset.count % rows == 0
  }

  private func forEachBatch(
    of dataset: Dataset, computing outputs: [String],
    _ body: (BatchRunner, Int) throws -> Void
  ) throws {
    var runners: [Int: BatchRunner] = [:]
    let batch = model.fixedRows ?? settings.batch
    for start in stride(from: 0, to: dataset.count, by: batch) {
      let indices = Array(start..<min(start + batch, dataset.count))
      let runner = try runners[indices.count] ?? evaluator(outputs, dataset, indices.count)
      runners[indices.count] = runner
      try runner.run(indices)
      try body(runner, indices.count)
    }
  }

  private func evaluator(
    _ outputs: [String], _ dataset: Dataset, _ rows: Int
  ) throws -> BatchRunner {
    let graph = try model.evaluation(rows).computing(outputs)
    return try BatchRunner(
      graph, feed: BatchFeed(dataset, for: graph), state: state, options: settings.options)
  }
}

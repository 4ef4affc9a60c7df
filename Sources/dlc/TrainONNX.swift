import Foundation
import GraphIR
import ONNX
import Runtime

/// An ONNX model as something to train: its graphs for any number of rows, with a loss.
struct TrainONNX {
  let source: ONNXSource
  let data: Dataset
  let loss: ONNXLoss
  /// Which initializers are trained, by name.
  let selection: ParameterSelection
  /// The rows of a batch that the file has, if it has a number.
  let ownBatch: Int?
  /// The values of the variables as the file has them.
  let weights: [String: Tensor]
  /// The parameters that a gradient reaches, in the graph's order.
  let parameters: [String]

  /// Errors: `CommandError`, `ONNXError`, `DataError`.
  init(
    _ path: String, data: Dataset, loss: ONNXLoss, selection: ParameterSelection,
    dims: [String], batch: Int?
  ) throws {
    source = try ONNXSource(path, dims: dims)
    self.data = data
    self.loss = loss
    self.selection = selection
    ownBatch = try source.model.inputBatch()
    let rows = batch ?? ownBatch ?? min(32, data.count)
    let model = try TrainONNX.imported(source, data, selection, rows: rows, isTraining: true)
    weights = model.weights
    let graph = try TrainONNX.added(loss, to: model.graph, data, rows: rows, path)
    try loss.check(graph, data)
    let reached = try graph.reachedParameters()
    parameters = reached
    guard !reached.isEmpty else {
      throw CommandError(
        "\(path): no gradient of the loss reaches an initializer that may be trained"
          + selection.remark)
    }
  }

  /// The step's forward graph for so many rows; normalizations use their batches' statistics.
  func forward(_ rows: Int) throws -> Graph {
    let model = try TrainONNX.imported(source, data, selection, rows: rows, isTraining: true)
    return try TrainONNX.added(loss, to: model.graph, data, rows: rows, source.path)
  }

  /// The graph that evaluates so many rows, as the file has it.
  func evaluation(_ rows: Int) throws -> Graph {
    let trained = Set(parameters)
    let only = ParameterSelection { trained.contains($0) }
    let model = try TrainONNX.imported(source, data, only, rows: rows, isTraining: false)
    return try TrainONNX.added(loss, to: model.graph, data, rows: rows, source.path)
  }

  private static func added(
    _ loss: ONNXLoss, to graph: Graph, _ data: Dataset, rows: Int, _ path: String
  ) throws -> Graph {
    let target = ONNXLoss.target(in: data, rows: rows)
    guard target != nil || loss == .none else {
      throw CommandError(
        "\(data.arrays[0].file): --loss \(loss.rawValue) needs an array 'target' beside the inputs")
    }
    return try loss.added(to: graph, target: target, source: path)
  }

  private static func imported(
    _ source: ONNXSource, _ data: Dataset, _ selection: ParameterSelection, rows: Int,
    isTraining: Bool
  ) throws -> ImportedModel {
    let names = try source.model.inputTypes().keys
    return try source.imported { options in
      options.isTraining = isTraining
      options.isTrainable = selection.contains
      for name in names {
        guard let index = data.index(of: name) else { continue }
        var shape = data.arrays[index].tensor.shape
        shape[0] = rows
        options.shapes[name] = shape
      }
    }
  }
}

/// Which initializers are trained.
struct ParameterSelection: Sendable {
  let contains: @Sendable (String) -> Bool
  /// What to say where nothing is left; empty without patterns.
  let remark: String

  init(_ contains: @escaping @Sendable (String) -> Bool) {
    self.contains = contains
    remark = ""
  }

  /// By patterns as a shell has them: `*`, `?`, `[a-z]`. Frozen ones are not trained; with
  /// `only`, others than those are not either.
  init(freeze: [String], only: [String]) {
    contains = { name in
      func matches(_ pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
      return !freeze.contains(where: matches) && (only.isEmpty || only.contains(where: matches))
    }
    remark = freeze.isEmpty && only.isEmpty ? "" : "; see --freeze and --train-only"
  }
}

extension Graph {
  /// The names of the parameters whose gradient of output `loss` is not zero for a reason known
  /// now.
  fileprivate func reachedParameters() throws -> [String] {
    guard let loss = output("loss") else { return [] }
    let builder = GraphBuilder(continuing: self)
    let parameters = self.parameters
    let report = builder.differentiate(
      builder.value(loss), withRespectTo: parameters.map { builder.value($0.id) })
    if let failure = builder.failure { throw failure }
    let silent = Set(report.silences.map(\.node))
    return parameters.filter { !silent.contains($0.id) }.map(\.variable.key)
  }
}

import Foundation
import GraphIR
import Models
import Runtime

/// What `dlc train` trains, and on what.
struct TrainSubject {
  let name: String
  /// The forward graph for so many rows.
  let forward: (Int) throws -> Graph
  /// A graph that holds the updates of its parameters already.
  let whole: Graph?
  /// An ONNX model, whose initializers are the first weights.
  let onnx: TrainONNX?
  /// Whether it is trained on the model's own loss, which then is a figure of it.
  let hasOwnLoss: Bool
  let batch: Int
  /// Where neither epochs nor steps are given.
  let epochs: Int
  let train: Dataset
  let test: Dataset?

  /// Errors: `CommandError`, and those of the zoo, the text form and the data.
  init(
    _ model: String, data: String?, loss: String?, batch: Int?, shape: [String: Int]
  ) throws {
    if let batch, batch < 1 {
      throw CommandError("--batch must be 1 row or more, not \(batch)")
    }
    let isFile = ModelFile.isMeant(by: model)
    let source = try isFile ? TrainSource(file: model, shape: shape) : TrainSource(zoo: model)
    let given = try data.map { try Dataset.load($0) }
    var sizes = shape
    if let columns = given?.train.index(of: "x").map({ given!.train.arrays[$0].tensor.type.shape }),
      source.hasInputs, sizes["inputs"] == nil
    {
      // The features of a table decide the width of the first layer.
      sizes["inputs"] = columns.dims.dropFirst().reduce(1, *)
    }
    let make = try source.graphs(sizes, loss: loss)
    let rows = batch ?? source.batch
    let graph = try make(rows)
    let data = try given ?? TrainData.builtIn(for: graph, model: model)
    onnx = nil
    name = source.name
    hasOwnLoss = loss == nil
    forward = make
    whole = source.isWhole ? graph : nil
    self.batch = rows
    epochs = source.epochs
    (train, test) = data
    try TrainData.checkLabels(graph, [train] + [test].compactMap { $0 })
  }
}

extension TrainSubject {
  /// An ONNX model on the arrays of a file: one for each input, and `target`.
  init(onnx model: TrainONNX, test: Dataset?, batch: Int?) {
    onnx = model
    name = model.source.model.name
    hasOwnLoss = false
    forward = model.forward
    whole = nil
    self.batch = batch ?? model.ownBatch ?? min(32, model.data.count)
    epochs = 10
    train = model.data
    self.test = test
  }
}

/// A model by name or file, before its sizes are known.
private struct TrainSource {
  let name: String
  let batch: Int
  let epochs: Int
  let isWhole: Bool
  private let zoo: ZooModel?
  private let graph: Graph?

  init(zoo name: String) throws {
    let model = try Zoo.named(name)
    zoo = model
    graph = nil
    self.name = name
    batch = model.batch
    epochs = model.epochs
    isWhole = false
  }

  init(file: String, shape: [String: Int]) throws {
    let graph = try ModelFile.read(file, sizes: shape)
    let rows = Set(graph.inputs.map { $0.input.type.shape.dims.first ?? 0 })
    guard rows.count == 1, let batch = rows.first, batch > 0 else {
      throw CommandError("\(file): all inputs need one first axis, the rows of a batch")
    }
    zoo = nil
    self.graph = graph
    name = graph.name
    self.batch = batch
    // A dumped model trains as long as the one it came from.
    epochs = Zoo.models.first { $0.name == graph.name }?.epochs ?? 10
    isWhole = graph.updates.contains {
      (graph[$0.variable].op as? Variable)?.role == .parameter
    }
  }

  /// Whether the model's first layer can have any width.
  var hasInputs: Bool { zoo?.sizes.contains { $0.name == "inputs" } ?? false }

  func graphs(_ sizes: [String: Int], loss: String?) throws -> (Int) throws -> Graph {
    let lossToUse = try loss.map(TrainLoss.named)
    if isWhole, lossToUse != nil {
      throw CommandError("graph '\(name)' holds its updates; --loss cannot change them")
    }
    let make: (Int) throws -> Graph = { [zoo, graph] rows in
      if let zoo { return try zoo.build(batch: rows, sizes: sizes) }
      guard let graph else { preconditionFailure("a source is a zoo model or a graph") }
      return try graph.rebound(batch: rows)
    }
    guard let lossToUse else { return make }
    return { rows in try lossToUse.replace(in: make(rows)) }
  }
}

import Foundation
import GraphIR
import Models
import Runtime

/// A model's forward graph, and the weights its file has beside it.
struct LoadedGraph {
  var graph: Graph
  /// Values of variables by name; none for models that draw their first weights.
  var weights: [String: Tensor] = [:]
  /// The inputs' tensors in the graph's types.
  var inputs: [String: Tensor] = [:]

  /// The graph with its weights inside, for what has no room beside it.
  var embedded: Graph {
    guard !weights.isEmpty else { return graph }
    var graph = graph
    for (id, variable) in graph.variables {
      guard let tensor = weights[variable.key] else { continue }
      graph[id].op = Variable(
        variable.key, variable.type, role: variable.role, initializer: .given(tensor))
    }
    return graph
  }
}

extension ModelOptions {
  /// The forward graph for inputs of these tensors' types, such as another number of rows; of its
  /// outputs those named, or all.
  func loaded(inputs: [String: Tensor], outputs: [String]? = nil) throws -> LoadedGraph {
    guard ONNXSource.isMeant(by: model) else {
      let whole = try graph()
      try whole.checkInputs(inputs.keys)
      let kept = try outputs.map(whole.keeping) ?? whole
      return LoadedGraph(graph: try kept.rebound(to: inputs), inputs: inputs)
    }
    try refuseSizes()
    let imported = try ONNXSource(model, dims: dim).imported(inputs: inputs)
    var types: [String: TensorType] = [:]
    for (_, input) in imported.graph.inputs { types[input.key] = input.type }
    let stored = inputs.compactMapValues { $0 }.map { name, tensor -> (String, Tensor) in
      guard let type = types[name], type.dtype != tensor.dtype else { return (name, tensor) }
      return (name, Tensor(type, doubles: tensor.doubles))
    }
    return LoadedGraph(
      graph: try outputs.map(imported.graph.keeping) ?? imported.graph, weights: imported.weights,
      inputs: Dictionary(uniqueKeysWithValues: stored))
  }

  /// The forward graph as its model has it; of an ONNX file with its weights, its normalizations
  /// as they are for use or for training.
  func loaded(isTraining: Bool = false) throws -> LoadedGraph {
    guard ONNXSource.isMeant(by: model) else { return LoadedGraph(graph: try graph()) }
    try refuseSizes()
    let imported = try ONNXSource(model, dims: dim).imported { $0.isTraining = isTraining }
    return LoadedGraph(graph: imported.graph, weights: imported.weights)
  }

  private func refuseSizes() throws {
    if let size = shape.sizes.keys.min() {
      let option = ShapeOptions.option(size)
      throw CommandError("\(model): \(option) is for models of the zoo; --dim sets an ONNX size")
    }
    if batch != nil {
      throw CommandError("\(model): --batch is for graphs and the zoo; --dim NAME=SIZE sets it")
    }
  }
}

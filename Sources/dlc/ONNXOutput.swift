import Codegen
import Foundation
import GraphIR
import ONNX
import Runtime

/// Models written as ONNX files.
enum ONNXOutput {
  /// Outputs that measure a model on given targets, and are no part of it.
  private static let figures: Set = ["loss", "correct"]

  /// Writes the forward graph with these weights: its outputs, but for figures where it has others,
  /// and the inputs that they need.
  static func write(_ graph: Graph, weights: [String: Tensor], to path: String) throws {
    let results = graph.outputs.map(\.name).filter { !figures.contains($0) }
    let kept = results.isEmpty ? graph : try graph.keeping(outputs: results)
    do {
      try ONNXModelFile.write(ONNXExport.model(kept, weights: weights), to: path)
    } catch let error as ExportError {
      throw CommandError("\(path): cannot be written: \(error)")
    }
  }

  /// The same with the weights of a file, those beside the graph, or first ones drawn with seed 0.
  static func write(_ loaded: LoadedGraph, weights file: String?, to path: String) throws {
    let graph = loaded.graph
    let state = try ModelState(StateLayout([graph]))
    let variables = graph.variables.map(\.variable)
    let given = try file.map { try TensorFiles.read($0) }
    if given == nil, loaded.weights.isEmpty, !variables.isEmpty {
      Notes.write(["no --weights: variables have their first values, drawn with seed 0"])
    }
    if !variables.isEmpty { try state.initialize(graph, seed: 0) }
    for variable in variables {
      if let tensor = loaded.weights[variable.key] { try state.set(variable.key, to: tensor) }
      guard let file, let given else { continue }
      guard let tensor = given[variable.key] else {
        guard variable.role == .parameter else { continue }
        throw CommandError("\(file): has no weight '\(variable.key)', \(variable.type)")
      }
      do {
        try state.set(variable.key, to: tensor)
      } catch {
        throw CommandError("\(file): \(error)")
      }
    }
    try write(graph, weights: Dictionary(state.tensors) { $1 }, to: path)
  }
}

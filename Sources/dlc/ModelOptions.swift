import ArgumentParser
import Foundation
import GraphIR
import Models
import Runtime

/// The model of a command, and the numbers that shape it.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A name of the zoo, or a file with a graph in the text form.")
  var model: String

  @Option(help: "Rows of a batch.") var batch: Int?
  @OptionGroup(title: "Shape options") var shape: ShapeOptions

  /// The forward graph.
  func graph(form: ZooForm = .training) throws -> Graph {
    if isFile { return try graphOfFile() }
    return try Zoo.named(model).build(batch: batch, sizes: shape.sizes, form: form)
  }

  /// Names of the zoo have neither slashes nor dots; a file without either must exist.
  private var isFile: Bool {
    if Zoo.models.contains(where: { $0.name == model }) { return false }
    return model.contains("/") || model.contains(".")
      || FileManager.default.fileExists(atPath: model)
  }

  private func graphOfFile() throws -> Graph {
    guard !model.lowercased().hasSuffix(".onnx") else {
      throw CommandError(
        "\(model): ONNX files cannot be read yet; give a graph in the text form or a name of "
          + "the zoo (\(Zoo.models.map(\.name).joined(separator: ", ")))")
    }
    if let size = shape.sizes.keys.sorted().first {
      throw CommandError("\(model): --\(size) is for models of the zoo; a graph has its own sizes")
    }
    let bytes = try WholeFile.read(model, limit: ModelOptions.longestText)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("\(model): is no UTF-8 text, so no graph in the text form")
    }
    let graph = try Graph(parsing: text, file: model)
    guard let batch else { return graph }
    do {
      return try graph.rebound(batch: batch)
    } catch {
      throw CommandError("\(model): --batch \(batch): \(error)")
    }
  }

  /// Larger files are taken for something else; a graph of 100,000 nodes has 10 MB.
  private static let longestText = 1 << 30
}

extension Graph {
  /// The graph for batches of another size: the first axis of every input that has axes.
  func rebound(batch: Int) throws -> Graph {
    guard batch >= 1 else { throw CommandError("a batch has 1 row or more") }
    var types: [String: TensorType] = [:]
    for (_, input) in inputs where input.type.shape.rank > 0 {
      var type = input.type
      type.shape[0] = batch
      types[input.key] = type
    }
    return try rebound(inputs: types)
  }
}

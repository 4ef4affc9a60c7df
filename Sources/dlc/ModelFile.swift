import Foundation
import GraphIR
import Models
import Runtime

/// A model given as a file with a graph in the text form.
enum ModelFile {
  /// Whether the argument MODEL means a file. Names of the zoo have neither slashes nor dots; a file
  /// without either must exist.
  static func isMeant(by model: String) -> Bool {
    if Zoo.models.contains(where: { $0.name == model }) { return false }
    return model.contains("/") || model.contains(".")
      || FileManager.default.fileExists(atPath: model)
  }

  /// The graph of a file. `sizes` are the shape options given, of which a graph takes none.
  ///
  /// Errors: `CommandError`, `DataError`, `TextError`.
  static func read(_ path: String, sizes: [String: Int]) throws -> Graph {
    if let size = sizes.keys.min() {
      let option = ShapeOptions.option(size)
      throw CommandError("\(path): \(option) is for models of the zoo; a graph has its own sizes")
    }
    let bytes = try WholeFile.read(path, limit: longestText)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("\(path): is no UTF-8 text, so no graph in the text form")
    }
    return try Graph(parsing: text, file: path)
  }

  /// Larger files are taken for something else; a graph of 100,000 nodes has 10 MB.
  private static let longestText = 1 << 30
}

extension Graph {
  /// The graph for batches of another size: the first axis of every input that has axes.
  func rebound(batch: Int) throws -> Graph {
    guard batch >= 1 else { throw CommandError("a batch has 1 row or more") }
    var types: [String: TensorType] = [:]
    for (_, input) in inputs where input.type.shape.rank > 0 && input.type.shape[0] != batch {
      var type = input.type
      type.shape[0] = batch
      types[input.key] = type
    }
    return types.isEmpty ? self : try rebound(inputs: types)
  }
}

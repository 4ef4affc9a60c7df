import Foundation
import GraphIR
import ONNX

/// A model given as an ONNX file.
struct ONNXSource {
  let path: String
  let model: LoadedModel
  /// Sizes of symbolic dimensions.
  let dims: [String: Int]

  static func isMeant(by model: String) -> Bool { model.lowercased().hasSuffix(".onnx") }

  /// Errors: `ONNXError`, `CommandError`.
  init(_ path: String, dims: [String]) throws {
    self.path = path
    self.dims = try ONNXSource.sizes(dims)
    model = try ONNXModelFile.read(path)
  }

  /// The forward graph under these circumstances. Errors name the file.
  func imported(_ body: (inout ImportOptions) -> Void = { _ in }) throws -> ImportedModel {
    var options = ImportOptions()
    options.dims = dims
    body(&options)
    do {
      return try ONNXImport.run(model, options: options)
    } catch let error as ImportError {
      throw CommandError("\(path): \(error)")
    } catch let error as BuildError {
      throw CommandError("\(path): \(error)")
    }
  }

  /// The graph for inputs of these values; those of other types are converted where that loses
  /// nothing. Values that shapes depend on go into the graph.
  func imported(inputs: [String: Tensor]) throws -> ImportedModel {
    let types = try model.inputTypes()
    if let name = inputs.keys.sorted().first(where: { types[$0] == nil }) {
      let known = types.keys.sorted().joined(separator: ", ")
      throw CommandError("\(path): has no input '\(name)'; it takes \(known)")
    }
    let given = try inputs.map { name, tensor in
      let type = types[name]!
      guard let converted = tensor.converted(to: type) else {
        throw CommandError(
          "input '\(name)' is \(tensor.type) in its file, \(path) takes \(type): "
            + "save it as \(type)")
      }
      return (name, converted)
    }
    return try imported { $0.inputs = Dictionary(uniqueKeysWithValues: given) }
  }

  /// `NAME=SIZE`, each name once.
  private static func sizes(_ arguments: [String]) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for argument in arguments {
      let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let size = Int(parts[1]), size > 0 else {
        throw CommandError("--dim is NAME=SIZE with a size of 1 or more, not '\(argument)'")
      }
      guard sizes.updateValue(size, forKey: String(parts[0])) == nil else {
        throw CommandError("--dim \(parts[0])=... is given twice")
      }
    }
    return sizes
  }
}

extension Tensor {
  /// As an input of this element type: the same type, or an integer type with room for it.
  fileprivate func converted(to type: ONNXElementType) -> ONNXTensor? {
    let isSame = dtype == type.storage || dtype == .f32 && type.storage == .f32
    let isWidened =
      type.isInteger && (dtype == .u8 || dtype == .i32 || dtype == .i64) && type.storage != dtype
    guard isSame || isWidened else { return nil }
    let stored = isSame ? self : Tensor(TensorType(type.storage, shape), doubles: doubles)
    // Nothing may be lost on the way.
    guard isSame || stored.doubles == doubles else { return nil }
    return ONNXTensor(type, stored)
  }
}

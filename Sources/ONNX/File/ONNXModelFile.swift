import Foundation
import GraphIR
import Runtime

/// An ONNX model in memory, and the file that it came out of.
public struct LoadedModel: Sendable {
  public var model: ModelProto
  /// What errors name; data outside the model are looked for in its folder.
  public let path: String

  public init(_ model: ModelProto, path: String) {
    self.model = model
    self.path = path
  }

  /// The tensor that one of the model's messages describes.
  public func tensor(_ proto: TensorProto) throws(ONNXError) -> ONNXTensor {
    try ONNXTensor(proto, file: path)
  }

  /// The same with all its zeros.
  public func tensor(_ proto: SparseTensorProto) throws(ONNXError) -> ONNXTensor {
    try ONNXTensor(proto, file: path)
  }
}

/// Files that hold one model.
public enum ONNXModelFile {
  /// Reads the model; the data of its tensors are decoded when they are asked for.
  ///
  /// Errors: `ONNXError` for a file that cannot be read, is no protocol buffer, or has no graph.
  public static func read(_ path: String) throws(ONNXError) -> LoadedModel {
    try parse(ONNXError.ofFile(path) { try WholeFile.read(path, limit: protobufLimit) }, path: path)
  }

  /// Like `read`, from bytes in memory.
  public static func parse(_ bytes: [UInt8], path: String) throws(ONNXError) -> LoadedModel {
    let model = try ModelProto(parsing: bytes, file: path)
    guard model.hasGraph else { throw .noGraph(file: path) }
    return LoadedModel(model, path: path)
  }

  /// Writes the model, its tensors' data included.
  ///
  /// Errors: `ONNXError.file` where that fails or there are more than 2 GiB.
  public static func write(_ model: ModelProto, to path: String) throws(ONNXError) {
    try ONNXError.ofFile(path) {
      do {
        try AtomicFile.write(model.serializedBytes() as [UInt8], to: path)
      } catch let error as DataError {
        throw error
      } catch {
        throw DataError.tooLarge(file: path, what: "the model", limit: protobufLimit)
      }
    }
  }
}

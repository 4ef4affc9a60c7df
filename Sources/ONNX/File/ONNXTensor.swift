import Foundation
import GraphIR
import Runtime
import SwiftProtobuf

/// A tensor of an ONNX file: its elements in the type that the graph computes in, and the type that
/// they have in files.
public struct ONNXTensor: Hashable, Sendable {
  public let elementType: ONNXElementType
  public let tensor: Tensor

  public var shape: Shape { tensor.shape }

  /// `tensor` must have the element type `elementType.storage`.
  public init(_ elementType: ONNXElementType, _ tensor: Tensor) {
    precondition(tensor.dtype == elementType.storage, "ONNXTensor: \(tensor.type)")
    self.elementType = elementType
    self.tensor = tensor
  }

  /// A tensor of the graph, in the element type that files have for it.
  public init(storing tensor: Tensor) {
    let elementType = ONNXElementType(storing: tensor.dtype)
    guard tensor.dtype != elementType.storage else {
      self.init(elementType, tensor)
      return
    }
    self.init(elementType, Tensor(tensor.bytes.map { Int32($0) }, shape: tensor.shape))
  }

  /// The tensor of a .pb file, which holds one `TensorProto`.
  ///
  /// Its data may be in a file beside it.
  public static func read(_ path: String) throws(ONNXError) -> ONNXTensor {
    let bytes = try ONNXError.ofFile(path) { try WholeFile.read(path, limit: protobufLimit) }
    let proto = try TensorProto(parsing: bytes, file: path)
    return try ONNXTensor(proto, file: path)
  }

  /// Writes the tensor as a .pb file with one `TensorProto`.
  public func write(name: String, to path: String) throws(ONNXError) {
    let proto = proto(name: name)
    try ONNXError.ofFile(path) {
      try AtomicFile.write(proto.serializedBytes() as [UInt8], to: path)
    }
  }
}

/// Protocol buffers have at most as many bytes.
let protobufLimit = 1 << 31 - 1

extension ONNXError {
  /// What `body` throws as an `ONNXError`.
  static func ofFile<Result>(
    _ path: String, _ body: () throws -> Result
  ) throws(ONNXError) -> Result {
    do {
      return try body()
    } catch let error as DataError {
      throw .file(error)
    } catch {
      throw .file(.cannotRead(file: path, reason: "\(error)"))
    }
  }
}

extension Message {
  /// The message in `bytes`; `file` is what errors name.
  ///
  /// Messages nested deeper than 100 times are an error, before they could exhaust the stack.
  init(parsing bytes: [UInt8], file: String) throws(ONNXError) {
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = 100
    do {
      try self.init(serializedBytes: bytes, options: options)
    } catch {
      throw .notParsed(
        file: file, message: Self.protoMessageName, reason: Self.reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? BinaryDecodingError {
    case .truncated: "it ends early"
    case .invalidUTF8: "it has text that is not UTF-8"
    case .messageDepthLimit: "messages are nested more than 100 deep"
    case .malformedProtobuf, .trailingGarbage: "its bytes are no protocol buffer"
    default: "it cannot be decoded"
    }
  }
}

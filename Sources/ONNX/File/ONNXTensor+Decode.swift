import Foundation
import GraphIR
import SwiftProtobuf

extension ONNXTensor {
  /// The tensor that `proto` describes; `file` is the file that it came out of.
  ///
  /// Data outside the file are looked for in the file's folder. Sizes are compared before memory is
  /// taken. Errors: `ONNXError` for every part of `proto` that contradicts another.
  public init(_ proto: TensorProto, file: String) throws(ONNXError) {
    let name = proto.name
    guard let elementType = ONNXElementType(rawValue: proto.dataType) else {
      let found = ONNXElementType.name(of: proto.dataType)
      throw .elementType(file: file, tensor: name, found: found)
    }
    guard !proto.hasSegment else { throw .segment(file: file, tensor: name) }
    let shape = try Shape(proto.dims, file: file, tensor: name)
    let bytes: [UInt8]
    if proto.dataLocation == .external {
      let stored = try ExternalData(proto, file: file).read(count: shape.count * elementType.width)
      bytes = stored.withUnsafeBytes { elementType.widened($0) }
    } else if proto.hasRawData {
      let needed = shape.count * elementType.width
      guard proto.rawData.count == needed else {
        throw .dataCount(
          file: file, tensor: name, found: proto.rawData.count, expected: needed,
          unit: "bytes of data")
      }
      bytes = proto.rawData.withUnsafeBytes { elementType.widened($0) }
    } else {
      let found = elementType.listed(in: proto)
      guard found == shape.count else {
        throw .dataCount(
          file: file, tensor: name, found: found, expected: shape.count,
          unit: "elements of type \(elementType)")
      }
      bytes = elementType.list(in: proto).withUnsafeBytes { elementType.widened($0) }
    }
    self.init(elementType, Tensor(TensorType(elementType.storage, shape), bytes: bytes))
  }
}

extension Shape {
  /// The shape of a file's tensor, if it is one that the graph can have.
  init(_ dims: [Int64], file: String, tensor: String) throws(ONNXError) {
    let shape = Shape(dims.map { Int($0) })
    guard shape.isValid else { throw .shape(file: file, tensor: tensor, dims: dims) }
    self = shape
  }
}

extension ONNXElementType {
  /// How many elements the field for this type holds.
  fileprivate func listed(in proto: TensorProto) -> Int {
    switch self {
    case .float: proto.floatData.count
    case .double: proto.doubleData.count
    case .int64: proto.int64Data.count
    case .uint32, .uint64: proto.uint64Data.count
    case .bool, .int8, .uint8, .int16, .uint16, .int32, .float16, .bfloat16: proto.int32Data.count
    }
  }

  /// The elements of the field for this type, as they would be among raw data.
  fileprivate func list(in proto: TensorProto) -> [UInt8] {
    switch self {
    case .float: proto.floatData.map(\.bitPattern.littleEndian).bytes
    case .double: proto.doubleData.map(\.bitPattern.littleEndian).bytes
    case .int64: proto.int64Data.map(\.littleEndian).bytes
    case .uint64: proto.uint64Data.map(\.littleEndian).bytes
    case .uint32: proto.uint64Data.map { UInt32(truncatingIfNeeded: $0).littleEndian }.bytes
    case .int32: proto.int32Data.map(\.littleEndian).bytes
    case .int16, .uint16, .float16, .bfloat16:
      proto.int32Data.map { UInt16(truncatingIfNeeded: $0).littleEndian }.bytes
    case .int8, .uint8: proto.int32Data.map { UInt8(truncatingIfNeeded: $0) }
    case .bool: proto.int32Data.map { $0 != 0 ? 1 : 0 }
    }
  }

  /// Elements as raw data have them, little-endian, as the bytes of a tensor of type `storage`.
  func widened(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
    switch self {
    case .float, .int32: converted(raw, UInt32.self) { $0 }
    case .double, .int64, .uint64: converted(raw, UInt64.self) { $0 }
    case .uint32: converted(raw, UInt32.self) { Int64($0) }
    case .float16: converted(raw, UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: converted(raw, UInt16.self) { UInt32($0) << 16 }
    case .int16: converted(raw, Int16.self) { Int32($0) }
    case .uint16: converted(raw, UInt16.self) { Int32($0) }
    case .int8: converted(raw, Int8.self) { Int32($0) }
    case .uint8: converted(raw, UInt8.self) { Int32($0) }
    case .bool: converted(raw, UInt8.self) { $0 != 0 }
    }
  }
}

/// `convert` of every little-endian word in `raw`, one behind the other.
private func converted<Word: FixedWidthInteger & BitwiseCopyable, Element: BitwiseCopyable>(
  _ raw: UnsafeRawBufferPointer, _: Word.Type, _ convert: (Word) -> Element
) -> [UInt8] {
  let width = MemoryLayout<Word>.size
  let count = raw.count / width
  let size = MemoryLayout<Element>.size
  return [UInt8](unsafeUninitializedCapacity: count * size) { output, initialized in
    let elements = UnsafeMutableRawBufferPointer(output)
    for index in 0..<count {
      let word = raw.loadUnaligned(fromByteOffset: index * width, as: Word.self)
      elements.storeBytes(
        of: convert(Word(littleEndian: word)), toByteOffset: index * size, as: Element.self)
    }
    initialized = count * size
  }
}

extension Array where Element: FixedWidthInteger {
  /// The elements' bytes as they lie in memory.
  var bytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }
}

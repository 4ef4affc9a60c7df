import Foundation
import GraphIR

extension ONNXTensor {
  /// The tensor as a file has it, its elements as raw data.
  ///
  /// Floats are rounded to the nearest of the element type, integers wrap around.
  public func proto(name: String) -> TensorProto {
    var proto = TensorProto()
    proto.name = name
    proto.dataType = elementType.rawValue
    proto.dims = shape.dims.map { Int64($0) }
    proto.rawData = Data(elementType.narrowed(tensor))
    return proto
  }

  /// The tensor with every element replaced by the nearest that its type in files has.
  ///
  /// What a file would give back: floats of 16 bits rounded, small integers wrapped around.
  public var rounded: ONNXTensor {
    guard elementType.width != elementType.storage.size else { return self }
    let bytes = elementType.narrowed(tensor).withUnsafeBytes { elementType.widened($0) }
    return ONNXTensor(elementType, Tensor(tensor.type, bytes: bytes))
  }
}

extension ONNXElementType {
  /// The elements of a tensor of type `storage` as raw data have them.
  fileprivate func narrowed(_ tensor: Tensor) -> [UInt8] {
    switch self {
    case .float: tensor.values(as: Float.self).map(\.bitPattern.littleEndian).bytes
    case .double: tensor.values(as: Double.self).map(\.bitPattern.littleEndian).bytes
    case .int64, .uint64: tensor.values(as: Int64.self).map(\.littleEndian).bytes
    case .uint32:
      tensor.values(as: Int64.self).map { UInt32(truncatingIfNeeded: $0).littleEndian }.bytes
    case .float16:
      tensor.values(as: Float.self).map { Float16($0).bitPattern.littleEndian }.bytes
    case .bfloat16: tensor.values(as: Float.self).map { brainBits($0).littleEndian }.bytes
    case .int32: tensor.values(as: Int32.self).map(\.littleEndian).bytes
    case .int16, .uint16:
      tensor.values(as: Int32.self).map { UInt16(truncatingIfNeeded: $0).littleEndian }.bytes
    case .int8, .uint8: tensor.values(as: Int32.self).map { UInt8(truncatingIfNeeded: $0) }
    case .bool: tensor.bytes
    }
  }
}

/// The upper half of a float, rounded to nearest, halves to even; NaN stays NaN.
private func brainBits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(bits >> 16) | 0x40 }
  let isOdd = bits >> 16 & 1
  return UInt16((bits + 0x7fff + isOdd) >> 16)
}

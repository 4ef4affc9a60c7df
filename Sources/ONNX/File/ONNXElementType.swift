import GraphIR

/// An element type of ONNX files that dlc computes with.
///
/// Types that the graph lacks are computed in the next wider one that it has; `ONNXTensor` narrows
/// again where a file is written.
public enum ONNXElementType: Int32, CaseIterable, Hashable, Sendable {
  // The numbers are those of `TensorProto.DataType`.
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  /// The element type of the graph that stands for it.
  ///
  /// All values are kept exactly but those of `uint64` from 2^63 on, which appear negative.
  public var storage: DType {
    switch self {
    case .float, .float16, .bfloat16: .f32
    case .double: .f64
    case .int8, .uint8, .int16, .uint16, .int32: .i32
    case .uint32, .int64, .uint64: .i64
    case .bool: .bool
    }
  }

  /// Bytes an element in a file.
  public var width: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .float, .int32, .uint32: 4
    case .double, .int64, .uint64: 8
    }
  }

  public var isFloat: Bool { storage.isFloat }

  /// The type in which files have tensors of the graph's type.
  public init(storing dtype: DType) {
    switch dtype {
    case .f32: self = .float
    case .f64: self = .double
    case .i32: self = .int32
    case .i64: self = .int64
    case .bool: self = .bool
    case .u8: self = .uint8
    }
  }

  /// The name of a number of `TensorProto.DataType`, also of types that dlc does not handle.
  public static func name(of dataType: Int32) -> String {
    if let type = ONNXElementType(rawValue: dataType) { return "\(type)" }
    guard let type = TensorProto.DataType(rawValue: Int(dataType)) else {
      return "element type \(dataType)"
    }
    return type == .undefined ? "no element type" : "\(type)"
  }

  /// Their names, as errors list them.
  static var supported: String { allCases.map { "\($0)" }.joined(separator: ", ") }
}

/// An element type.
public enum DType: String, CaseIterable, Hashable, Sendable {
  case f32, f64, i32, i64, bool, u8

  /// Bytes an element.
  public var size: Int {
    switch self {
    case .f32, .i32: 4
    case .f64, .i64: 8
    case .bool, .u8: 1
    }
  }

  public var isFloat: Bool { self == .f32 || self == .f64 }
  public var isInteger: Bool { self == .i32 || self == .i64 || self == .u8 }
  public var isNumeric: Bool { self != .bool }
}

/// A Swift type whose values are elements of a tensor.
public protocol TensorElement: BitwiseCopyable, Sendable {
  static var dtype: DType { get }
}

extension Float: TensorElement { public static var dtype: DType { .f32 } }
extension Double: TensorElement { public static var dtype: DType { .f64 } }
extension Int32: TensorElement { public static var dtype: DType { .i32 } }
extension Int64: TensorElement { public static var dtype: DType { .i64 } }
extension Bool: TensorElement { public static var dtype: DType { .bool } }
extension UInt8: TensorElement { public static var dtype: DType { .u8 } }

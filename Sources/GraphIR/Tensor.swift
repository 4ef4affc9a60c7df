/// A tensor's data on the host: dense, row-major, in the machine's byte order.
///
/// The bytes are the value: two tensors are equal when type and bits are, so NaN equals itself.
public struct Tensor: Hashable, Sendable {
  public let type: TensorType
  public private(set) var bytes: [UInt8]

  public var shape: Shape { type.shape }
  public var dtype: DType { type.dtype }
  public var count: Int { type.shape.count }

  /// `bytes` must hold exactly the elements of `type`.
  public init(_ type: TensorType, bytes: [UInt8]) {
    precondition(bytes.count == type.byteCount, "Tensor: \(bytes.count) bytes for \(type)")
    self.type = type
    self.bytes = bytes
  }

  /// `values` in row-major order, exactly as many as `shape` has elements.
  public init<Element: TensorElement>(_ values: [Element], shape: Shape) {
    precondition(values.count == shape.count, "Tensor: \(values.count) values for \(shape)")
    type = TensorType(Element.dtype, shape)
    bytes = values.withUnsafeBytes { Array($0) }
  }

  public init(zeros type: TensorType) {
    self.type = type
    bytes = [UInt8](repeating: 0, count: type.byteCount)
  }

  /// Rounds each value to the element type: floats to nearest, integers toward zero, bool to != 0.
  public init(_ type: TensorType, doubles values: [Double]) {
    precondition(values.count == type.shape.count, "Tensor: \(values.count) values for \(type)")
    switch type.dtype {
    case .f32: self.init(values.map { Float($0) }, shape: type.shape)
    case .f64: self.init(values, shape: type.shape)
    case .i32: self.init(values.map { Int32(clamping: Int64(saturating: $0)) }, shape: type.shape)
    case .i64: self.init(values.map { Int64(saturating: $0) }, shape: type.shape)
    case .u8: self.init(values.map { UInt8(clamping: Int64(saturating: $0)) }, shape: type.shape)
    case .bool: self.init(values.map { $0 != 0 }, shape: type.shape)
    }
  }

  /// The elements, `Element` being the Swift type of `dtype`.
  public func values<Element: TensorElement>(as: Element.Type = Element.self) -> [Element] {
    precondition(Element.dtype == dtype, "Tensor: read \(dtype) as \(Element.dtype)")
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = count
    }
  }

  /// The elements as doubles (exact but for i64 beyond 2^53); bool as 0 and 1.
  public var doubles: [Double] {
    switch dtype {
    case .f32: values(as: Float.self).map(Double.init)
    case .f64: values(as: Double.self)
    case .i32: values(as: Int32.self).map(Double.init)
    case .i64: values(as: Int64.self).map(Double.init)
    case .bool, .u8: bytes.map(Double.init)
    }
  }

  /// The same elements under another shape with as many elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    Tensor(TensorType(dtype, shape), bytes: bytes)
  }

  /// Elements `range` along the first axis.
  public func rows(_ range: Range<Int>) -> Tensor {
    var part = type
    part.shape[0] = range.count
    let row = type.shape[0] == 0 ? 0 : bytes.count / type.shape[0]
    return Tensor(part, bytes: Array(bytes[range.lowerBound * row..<range.upperBound * row]))
  }
}

extension Int64 {
  /// Toward zero, saturating; NaN becomes 0.
  init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int64(value)
    }
  }
}

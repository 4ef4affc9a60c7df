import GraphIR

/// The order of a number's bytes in a file.
enum ByteOrder {
  case little, big

  static var host: ByteOrder { UInt16(1).littleEndian == 1 ? .little : .big }
}

/// An element type as files have it; those without a `DType` of their own widen to the next.
enum StoredType: CaseIterable {
  case bool, u8, i8, u16, i16, u32, i32, i64, f16, bf16, f32, f64

  init(_ dtype: DType) {
    switch dtype {
    case .f32: self = .f32
    case .f64: self = .f64
    case .i32: self = .i32
    case .i64: self = .i64
    case .bool: self = .bool
    case .u8: self = .u8
    }
  }

  /// Bytes an element in the file.
  var size: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .u16, .i16, .f16, .bf16: 2
    case .u32, .i32, .f32: 4
    case .i64, .f64: 8
    }
  }

  /// The type in memory, which holds every value exactly.
  var dtype: DType {
    switch self {
    case .bool: .bool
    case .u8: .u8
    case .i8, .u16, .i16, .i32: .i32
    case .u32, .i64: .i64
    case .f16, .bf16, .f32: .f32
    case .f64: .f64
    }
  }

  /// A tensor of `shape` from the elements in `bytes`, exactly as many as the shape has.
  func tensor(_ bytes: consuming [UInt8], order: ByteOrder, shape: Shape) -> Tensor {
    let swap = order != .host
    switch self {
    case .bool:
      // Any byte but 0 and 1 would be no valid Bool.
      for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    case .u8: break
    case .i8: bytes = widened(bytes, Int8.self, swap) { Int32($0) }
    case .u16: bytes = widened(bytes, UInt16.self, swap) { Int32($0) }
    case .i16: bytes = widened(bytes, Int16.self, swap) { Int32($0) }
    case .u32: bytes = widened(bytes, UInt32.self, swap) { Int64($0) }
    case .f16: bytes = widened(bytes, UInt16.self, swap) { Float(Float16(bitPattern: $0)) }
    case .bf16: bytes = widened(bytes, UInt16.self, swap) { Float(bitPattern: UInt32($0) << 16) }
    case .i32, .f32: if swap { swapBytes(&bytes, UInt32.self) }
    case .i64, .f64: if swap { swapBytes(&bytes, UInt64.self) }
    }
    return Tensor(TensorType(dtype, shape), bytes: bytes)
  }
}

/// The bytes of `tensor` in the given order, as files store them.
func storedBytes(_ tensor: Tensor, order: ByteOrder) -> [UInt8] {
  var bytes = tensor.bytes
  if order != .host {
    if tensor.dtype.size == 4 { swapBytes(&bytes, UInt32.self) }
    if tensor.dtype.size == 8 { swapBytes(&bytes, UInt64.self) }
  }
  return bytes
}

private func widened<Stored: FixedWidthInteger & BitwiseCopyable, Element: TensorElement>(
  _ bytes: [UInt8], _: Stored.Type, _ swap: Bool, _ convert: (Stored) -> Element
) -> [UInt8] {
  let count = bytes.count / MemoryLayout<Stored>.size
  let byteCount = count * MemoryLayout<Element>.size
  return [UInt8](unsafeUninitializedCapacity: byteCount) { output, initialized in
    bytes.withUnsafeBytes { input in
      let raw = UnsafeMutableRawBufferPointer(output)
      for index in 0..<count {
        let stored = input.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
        raw.storeBytes(
          of: convert(swap ? stored.byteSwapped : stored),
          toByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
      }
    }
    initialized = byteCount
  }
}

private func swapBytes<Word: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: inout [UInt8], _: Word.Type
) {
  bytes.withUnsafeMutableBytes { raw in
    for offset in stride(from: 0, to: raw.count, by: MemoryLayout<Word>.size) {
      let word = raw.loadUnaligned(fromByteOffset: offset, as: Word.self)
      raw.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
    }
  }
}

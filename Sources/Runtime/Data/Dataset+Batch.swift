import GraphIR

extension Dataset {
  /// Copies rows `indices` of array `array`, one after the other, into `destination` as `dtype`.
  ///
  /// u8 becomes f32 or f64 scaled to 0...1, pixels being stored as bytes; every other pair of types
  /// converts by value, to integers only where no digit is lost. `indices` must be below `count`,
  /// and `destination` hold as many elements as the rows have.
  /// Errors: `DataError.notConvertible`.
  public func batch(
    _ array: Int, indices: [Int], as dtype: DType, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let entry = arrays[array]
    let row = count == 0 ? 0 : entry.tensor.count / count
    precondition(
      destination.count == indices.count * row * dtype.size,
      "Dataset.batch: \(destination.count) bytes for \(indices.count) rows of \(row) \(dtype)")
    precondition(
      indices.allSatisfy { $0 >= 0 && $0 < count }, "Dataset.batch: index beyond \(count) rows")
    guard row > 0 else { return }
    let isExact = entry.tensor.bytes.withUnsafeBytes { source in
      let rows = RowGather(source: source, indices: indices, row: row, destination: destination)
      if entry.tensor.dtype == dtype {
        rows.copy(elementSize: dtype.size)
        return true
      }
      return rows.convert(from: entry.tensor.dtype, to: dtype)
    }
    guard isExact else {
      throw DataError.notConvertible(
        file: entry.file, array: entry.name, from: "\(entry.tensor.dtype) values",
        to: "\(dtype)")
    }
  }

  /// Rows `indices` of array `array` as a tensor of type `dtype`; see `batch(_:indices:as:into:)`.
  public func batch(_ array: Int, indices: [Int], as dtype: DType) throws -> Tensor {
    var shape = arrays[array].tensor.shape
    shape[0] = indices.count
    let type = TensorType(dtype, shape)
    var bytes = [UInt8](repeating: 0, count: type.byteCount)
    try bytes.withUnsafeMutableBytes { buffer in
      try batch(array, indices: indices, as: dtype, into: buffer)
    }
    return Tensor(type, bytes: bytes)
  }
}

/// Rows of `row` elements to be gathered out of `source`.
private struct RowGather {
  let source: UnsafeRawBufferPointer
  let indices: [Int]
  let row: Int
  let destination: UnsafeMutableRawBufferPointer

  func copy(elementSize: Int) {
    let size = row * elementSize
    for (position, index) in indices.enumerated() {
      let from = UnsafeRawBufferPointer(rebasing: source[index * size..<(index + 1) * size])
      UnsafeMutableRawBufferPointer(rebasing: destination[position * size..<(position + 1) * size])
        .copyMemory(from: from)
    }
  }

  /// Whether every value could be converted.
  func convert(from: DType, to: DType) -> Bool {
    switch (from, to) {
    case (.u8, .f32): map { (value: UInt8) in Float(value) / 255 }
    case (.u8, .f64): map { (value: UInt8) in Double(value) / 255 }
    case (.u8, .i32): map { (value: UInt8) in Int32(value) }
    case (.u8, .i64): map { (value: UInt8) in Int64(value) }
    case (.i32, .i64): map { (value: Int32) in Int64(value) }
    case (.i32, .f32): map { (value: Int32) in Float(value) }
    case (.i64, .f32): map { (value: Int64) in Float(value) }
    case (.f64, .f32): map { (value: Double) in Float(value) }
    case (.f32, .f64): map { (value: Float) in Double(value) }
    case (.i32, .f64): map { (value: Int32) in Double(value) }
    case (.i64, .f64): map { (value: Int64) in Double(value) }
    case (.bool, .f32): map { (value: UInt8) in Float(value) }
    case (.bool, .f64): map { (value: UInt8) in Double(value) }
    case (.bool, .i32): map { (value: UInt8) in Int32(value) }
    case (.bool, .i64): map { (value: UInt8) in Int64(value) }
    case (.bool, .u8): map { (value: UInt8) in value }
    case (.i64, .i32): return mapExactly { (value: Int64) in Int32(exactly: value) }
    case (.i64, .u8): return mapExactly { (value: Int64) in UInt8(exactly: value) }
    case (.i32, .u8): return mapExactly { (value: Int32) in UInt8(exactly: value) }
    case (.f32, .i32): return mapExactly { (value: Float) in Int32(exactly: value) }
    case (.f32, .i64): return mapExactly { (value: Float) in Int64(exactly: value) }
    case (.f32, .u8): return mapExactly { (value: Float) in UInt8(exactly: value) }
    case (.f64, .i32): return mapExactly { (value: Double) in Int32(exactly: value) }
    case (.f64, .i64): return mapExactly { (value: Double) in Int64(exactly: value) }
    case (.f64, .u8): return mapExactly { (value: Double) in UInt8(exactly: value) }
    default: return false
    }
    return true
  }

  @inline(__always)
  private func map<From: BitwiseCopyable, To: BitwiseCopyable>(_ convert: (From) -> To) {
    source.withMemoryRebound(to: From.self) { input in
      destination.withMemoryRebound(to: To.self) { output in
        var next = output.baseAddress!
        for index in indices {
          let from = input.baseAddress! + index * row
          for element in 0..<row { next[element] = convert(from[element]) }
          next += row
        }
      }
    }
  }

  @inline(__always)
  private func mapExactly<From: BitwiseCopyable, To: BitwiseCopyable>(
    _ convert: (From) -> To?
  ) -> Bool {
    source.withMemoryRebound(to: From.self) { input in
      destination.withMemoryRebound(to: To.self) { output in
        for (position, index) in indices.enumerated() {
          for element in 0..<row {
            guard let value = convert(input[index * row + element]) else { return false }
            output[position * row + element] = value
          }
        }
        return true
      }
    }
  }
}

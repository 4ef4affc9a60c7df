import GraphIR

/// NumPy's file format for one array, versions 1 to 3.
///
/// Source: NEP 1 and the documentation of `numpy.lib.format`.
public enum NPY {
  /// Reads an array; types that `DType` lacks widen, Fortran order becomes row-major.
  ///
  /// Errors: `DataError` for an unreadable file, a damaged one, or an unsupported element type.
  public static func read(_ path: String) throws -> Tensor {
    try parse(WholeFile.read(path), file: path)
  }

  /// Like `read`, from bytes in memory; `file` is what errors name.
  public static func parse(_ bytes: [UInt8], file: String) throws -> Tensor {
    let header = try NPYHeader(bytes, file: file)
    if bytes.count < header.byteCount {
      throw DataError.truncated(file: file, bytes: bytes.count, needed: header.byteCount)
    }
    if bytes.count > header.byteCount {
      throw DataError.trailing(file: file, bytes: bytes.count, needed: header.byteCount)
    }
    return header.tensor(Array(bytes[header.size...]))
  }

  /// Writes `tensor` as version 1.
  public static func write(_ tensor: Tensor, to path: String) throws {
    try AtomicFile.write(to: path) { file in
      try file.write(header(of: tensor))
      try file.write(storedBytes(tensor, order: .little))
    }
  }

  /// The whole file as bytes.
  public static func encode(_ tensor: Tensor) -> [UInt8] {
    header(of: tensor) + storedBytes(tensor, order: .little)
  }

  /// The bytes before the elements, byte for byte as NumPy writes them.
  private static func header(of tensor: Tensor) -> [UInt8] {
    let descriptor =
      switch tensor.dtype {
      case .f32: "<f4"
      case .f64: "<f8"
      case .i32: "<i4"
      case .i64: "<i8"
      case .bool: "|b1"
      case .u8: "|u1"
      }
    let dims = tensor.shape.dims
    let shape =
      dims.count == 1 ? "(\(dims[0]),)" : "(\(dims.map(String.init).joined(separator: ", ")))"
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape), }"
    // NumPy leaves room for the first axis to grow in place to 21 digits, then aligns to 64 bytes.
    if let first = dims.first { text += String(repeating: " ", count: 21 - "\(first)".count) }
    let unpadded = NPYHeader.magic.count + 4 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return NPYHeader.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
  }
}

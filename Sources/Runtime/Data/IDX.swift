import GraphIR

/// The file format of MNIST and its successors: big-endian arrays, usually gzipped.
///
/// Two zero bytes, a type code, the rank, one 32-bit size an axis, the elements.
public enum IDX {
  /// Reads a plain or gzipped file; i8 and i16 widen to i32.
  ///
  /// Errors: `DataError` for an unreadable file, another format, or more or fewer bytes than the
  /// header announces.
  public static func read(_ path: String) throws -> Tensor {
    try parse(WholeFile.read(path), file: path)
  }

  /// Like `read`, from bytes in memory; `file` is what errors name.
  public static func parse(_ bytes: [UInt8], file: String) throws -> Tensor {
    guard Gzip.isCompressed(bytes) else { return try parsePlain(bytes, file: file) }
    let start = try Gzip.inflate(bytes, file: file, limit: longestHeader, excess: .isLeftOut)
    let needed = try Header(start, file: file).byteCount
    // One byte more shows that there are trailing bytes.
    let content = try Gzip.inflate(bytes, file: file, limit: needed + 1, excess: .isLeftOut)
    return try parsePlain(content, file: file)
  }

  /// Writes `tensor` uncompressed; bool as u8.
  ///
  /// Errors: `DataError.unsupported` for i64, which the format lacks.
  public static func write(_ tensor: Tensor, to path: String) throws {
    guard let code = code(of: tensor.dtype) else {
      throw DataError.unsupported(
        file: path, found: "an IDX file of \(tensor.dtype)", supported: "u8, bool, i32, f32, f64")
    }
    for dim in tensor.shape.dims where dim > Int(UInt32.max) {
      throw DataError.unsupported(
        file: path, found: "an IDX axis of \(dim)", supported: "axes up to \(UInt32.max)")
    }
    var header: [UInt8] = [0, 0, code, UInt8(tensor.shape.rank)]
    for dim in tensor.shape.dims {
      withUnsafeBytes(of: UInt32(dim).bigEndian) { header += $0 }
    }
    try AtomicFile.write(to: path) { file in
      try file.write(header)
      try file.write(storedBytes(tensor, order: .big))
    }
  }

  private static let longestHeader = 4 + 4 * Shape.maximumRank

  private static func parsePlain(_ bytes: [UInt8], file: String) throws -> Tensor {
    let header = try Header(bytes, file: file)
    if bytes.count < header.byteCount {
      throw DataError.truncated(file: file, bytes: bytes.count, needed: header.byteCount)
    }
    if bytes.count > header.byteCount {
      throw DataError.trailing(file: file, bytes: bytes.count, needed: header.byteCount)
    }
    let elements = Array(bytes[header.size...])
    return header.type.tensor(elements, order: .big, shape: header.shape)
  }

  private static func code(of dtype: DType) -> UInt8? {
    switch dtype {
    case .u8, .bool: 0x08
    case .i32: 0x0C
    case .f32: 0x0D
    case .f64: 0x0E
    case .i64: nil
    }
  }

  private struct Header {
    let type: StoredType
    let shape: Shape
    /// Bytes of the header itself.
    let size: Int
    /// Bytes of the whole file.
    var byteCount: Int { size + shape.count * type.size }

    init(_ bytes: [UInt8], file: String) throws {
      guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
        throw DataError.malformed(
          file: file, problem: "is not an IDX file",
          expected: "two zero bytes, a type code and the rank at its start")
      }
      switch bytes[2] {
      case 0x08: type = .u8
      case 0x09: type = .i8
      case 0x0B: type = .i16
      case 0x0C: type = .i32
      case 0x0D: type = .f32
      case 0x0E: type = .f64
      default:
        throw DataError.malformed(
          file: file, problem: "has IDX type code \(bytes[2])", expected: "8, 9, 11, 12, 13 or 14")
      }
      let rank = Int(bytes[3])
      guard rank <= Shape.maximumRank else {
        throw DataError.unsupported(
          file: file, found: "an IDX file of rank \(rank)",
          supported: "ranks up to \(Shape.maximumRank)")
      }
      size = 4 + 4 * rank
      guard bytes.count >= size else {
        throw DataError.truncated(file: file, bytes: bytes.count, needed: size)
      }
      shape = Shape(
        (1..<(rank + 1)).map { axis in
          bytes[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) }
        })
      guard shape.isValid else {
        throw DataError.malformed(
          file: file, problem: "announces the shape \(shape)",
          expected: "at most \(Shape.maximumCount) elements")
      }
    }
  }
}

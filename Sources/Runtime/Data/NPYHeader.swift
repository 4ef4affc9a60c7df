import GraphIR

/// What stands before the elements of an .npy file: magic, version, length, a Python dictionary.
struct NPYHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// More than NumPy itself accepts without being asked to.
  static let maximumLength = 1 << 16

  let stored: StoredType
  let order: ByteOrder
  let isFortran: Bool
  let shape: Shape
  /// Bytes before the elements.
  let size: Int
  /// Bytes of the whole file.
  var byteCount: Int { size + shape.count * stored.size }

  /// `bytes` must reach to the end of the header at least.
  init(_ bytes: [UInt8], file: String) throws {
    let magic = NPYHeader.magic
    guard bytes.count >= magic.count + 4, bytes.starts(with: magic) else {
      throw DataError.malformed(
        file: file, problem: "is not an .npy file", expected: "\\x93NUMPY at its start")
    }
    let version = bytes[magic.count]
    guard (1...3).contains(version) else {
      throw DataError.unsupported(
        file: file, found: ".npy version \(version)", supported: "versions 1 to 3")
    }
    let lengthSize = version == 1 ? 2 : 4
    let start = magic.count + 2 + lengthSize
    guard bytes.count >= start else {
      throw DataError.truncated(file: file, bytes: bytes.count, needed: start)
    }
    let length = bytes[(start - lengthSize)..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= NPYHeader.maximumLength else {
      throw DataError.tooLarge(
        file: file, what: "its header of \(length) bytes", limit: NPYHeader.maximumLength)
    }
    size = start + length
    guard bytes.count >= size else {
      throw DataError.truncated(file: file, bytes: bytes.count, needed: size)
    }

    var parser = PythonDictionary(bytes[start..<size])
    guard let entries = parser.parse() else {
      throw NPYHeader.malformed(file, "its header is no Python dictionary")
    }
    guard case .text(let descriptor) = entries["descr"] else {
      throw NPYHeader.malformed(file, "its header has no simple 'descr'")
    }
    guard case .truth(let isFortran) = entries["fortran_order"] else {
      throw NPYHeader.malformed(file, "its header has no 'fortran_order'")
    }
    guard case .tuple(let dims) = entries["shape"] else {
      throw NPYHeader.malformed(file, "its header has no 'shape'")
    }
    guard let (stored, order) = NPYHeader.type(descriptor) else {
      throw DataError.unsupported(
        file: file, found: "element type '\(descriptor.shortened)'",
        supported: "b1, i1, i2, i4, i8, u1, u2, u4, f2, f4, f8")
    }
    (self.stored, self.order, self.isFortran) = (stored, order, isFortran)
    shape = Shape(dims)
    guard shape.isValid else {
      throw DataError.unsupported(
        file: file, found: "the shape \(shape)",
        supported: "\(Shape.maximumRank) axes and \(Shape.maximumCount) elements")
    }
  }

  /// The tensor whose elements, in the order of the file, are `bytes`.
  func tensor(_ bytes: consuming [UInt8]) -> Tensor {
    if isFortran, shape.rank > 1, shape.count > 0 {
      bytes = rowMajor(bytes)
    }
    return stored.tensor(bytes, order: order, shape: shape)
  }

  private func rowMajor(_ bytes: [UInt8]) -> [UInt8] {
    var strides = [Int](repeating: stored.size, count: shape.rank)
    for axis in 1..<shape.rank { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.rank)
    var source = 0
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    while true {
      for byte in source..<(source + stored.size) { result.append(bytes[byte]) }
      var axis = shape.rank - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }

  private static func type(_ descriptor: String) -> (StoredType, ByteOrder)? {
    let order: ByteOrder
    switch descriptor.first {
    case "<", "|": order = .little
    case ">": order = .big
    case "=": order = .host
    default: return nil
    }
    switch descriptor.dropFirst() {
    case "b1": return (.bool, order)
    case "i1": return (.i8, order)
    case "i2": return (.i16, order)
    case "i4": return (.i32, order)
    case "i8": return (.i64, order)
    case "u1": return (.u8, order)
    case "u2": return (.u16, order)
    case "u4": return (.u32, order)
    case "f2": return (.f16, order)
    case "f4": return (.f32, order)
    case "f8": return (.f64, order)
    default: return nil
    }
  }

  private static func malformed(_ file: String, _ problem: String) -> DataError {
    .malformed(
      file: file, problem: problem,
      expected: "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } or the like")
  }
}

/// The few Python literals that an .npy header is made of.
private struct PythonDictionary {
  enum Value {
    case text(String)
    case truth(Bool)
    case tuple([Int])
  }

  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { rest = text }

  /// The entries, nil for any other text.
  mutating func parse() -> [String: Value]? {
    guard accept("{") else { return nil }
    var entries: [String: Value] = [:]
    while !accept("}") {
      guard let key = string(), accept(":"), let value = value() else { return nil }
      guard entries.updateValue(value, forKey: key) == nil else { return nil }
      if !accept(",") {
        guard accept("}") else { return nil }
        break
      }
    }
    skipSpaces()
    return rest.isEmpty ? entries : nil
  }

  private mutating func value() -> Value? {
    if let text = string() { return .text(text) }
    if accept("True") { return .truth(true) }
    if accept("False") { return .truth(false) }
    guard accept("(") else { return nil }
    var dims: [Int] = []
    while !accept(")") {
      guard let dim = integer() else { return nil }
      dims.append(dim)
      if !accept(",") {
        guard accept(")") else { return nil }
        break
      }
    }
    return .tuple(dims)
  }

  private mutating func string() -> String? {
    skipSpaces()
    guard let mark = rest.first, mark == UInt8(ascii: "'") || mark == UInt8(ascii: "\"") else {
      return nil
    }
    guard let end = rest.dropFirst().firstIndex(of: mark) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
  }

  private mutating func integer() -> Int? {
    skipSpaces()
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest[digits.endIndex...]
    // Python 2 wrote long integers with an L.
    if !digits.isEmpty { _ = accept("L") }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private mutating func accept(_ token: String) -> Bool {
    skipSpaces()
    guard rest.starts(with: token.utf8) else { return false }
    rest = rest.dropFirst(token.utf8.count)
    return true
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }
}

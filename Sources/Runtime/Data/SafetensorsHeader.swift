import Foundation
import GraphIR

/// The checked header of a safetensors file.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let type: StoredType
    let shape: Shape
    /// From the end of the header.
    let offset: Int
    var byteCount: Int { shape.count * type.size }
  }

  static let metadataName = "__metadata__"
  /// Of the JSON text; the limit of the format's own library.
  static let maximumLength = 100_000_000

  /// By offset.
  let entries: [Entry]
  let metadata: [String: String]
  /// Bytes before the elements.
  let size: Int

  init(_ file: borrowing FileReader) throws {
    let path = file.path
    func malformed(_ problem: String, _ expected: String) -> DataError {
      .malformed(file: path, problem: problem, expected: expected)
    }
    let length = try file.read(at: 0, count: 8).reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard length <= SafetensorsHeader.maximumLength else {
      throw DataError.tooLarge(
        file: path, what: "its header of \(length) bytes", limit: SafetensorsHeader.maximumLength)
    }
    size = 8 + Int(length)
    let text = try file.read(at: 8, count: Int(length))
    guard text.first == UInt8(ascii: "{"), let json = JSONHeader(text) else {
      throw malformed("its header is not the JSON of a safetensors file", JSONHeader.example)
    }
    if JSONHeader.topLevelKeys(text) != json.keyCount {
      throw malformed("its header has a name twice", "every name once")
    }
    metadata = json.metadata
    let dataSize = file.size - size
    entries = try json.tensors.map { name, tensor in
      try SafetensorsHeader.entry(name, tensor, dataSize: dataSize, file: path)
    }.sorted {
      ($0.offset, $0.byteCount, $0.name) < ($1.offset, $1.byteCount, $1.name)
    }
    var end = 0
    for entry in entries {
      guard entry.offset == end else {
        throw malformed(
          "tensor '\(entry.name.shortened)' begins at byte \(entry.offset), the one before ends at "
            + "\(end)", "no holes and no overlaps")
      }
      end += entry.byteCount
    }
    guard end == dataSize else {
      throw malformed("its tensors end at byte \(end) of \(dataSize)", "no bytes behind the last")
    }
  }

  private static func entry(
    _ name: String, _ tensor: JSONHeader.Tensor, dataSize: Int, file: String
  ) throws -> Entry {
    let label = "tensor '\(name.shortened)'"
    guard let type = type(tensor.dtype) else {
      throw DataError.unsupported(
        file: file, found: "the type \(tensor.dtype.shortened) of \(label)",
        supported: "BOOL, U8, I8, U16, I16, U32, I32, I64, F16, BF16, F32, F64")
    }
    let shape = Shape(tensor.shape)
    guard shape.isValid else {
      throw DataError.unsupported(
        file: file, found: "the shape \("\(shape)".shortened) of \(label)",
        supported: "\(Shape.maximumRank) axes and \(Shape.maximumCount) elements")
    }
    let offsets = tensor.offsets
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= dataSize
    else {
      throw DataError.malformed(
        file: file, problem: "\(label) has the offsets \("\(offsets)".shortened)",
        expected: "a begin and an end within the \(dataSize) bytes of data")
    }
    let entry = Entry(name: name, type: type, shape: shape, offset: offsets[0])
    guard offsets[1] - offsets[0] == entry.byteCount else {
      throw DataError.malformed(
        file: file, problem: "\(label) has \(offsets[1] - offsets[0]) bytes",
        expected: "\(entry.byteCount) for \(tensor.dtype)\(shape)")
    }
    return entry
  }

  static func name(of dtype: DType) -> String {
    switch dtype {
    case .f32: "F32"
    case .f64: "F64"
    case .i32: "I32"
    case .i64: "I64"
    case .bool: "BOOL"
    case .u8: "U8"
    }
  }

  private static func type(_ name: String) -> StoredType? {
    switch name {
    case "BOOL": .bool
    case "U8": .u8
    case "I8": .i8
    case "U16": .u16
    case "I16": .i16
    case "U32": .u32
    case "I32": .i32
    case "I64": .i64
    case "F16": .f16
    case "BF16": .bf16
    case "F32": .f32
    case "F64": .f64
    default: nil
    }
  }
}

/// The header as its JSON has it.
private struct JSONHeader: Decodable {
  struct Tensor: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  static let example = "{\"name\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}}"

  private(set) var tensors: [String: Tensor] = [:]
  private(set) var metadata: [String: String] = [:]
  private(set) var keyCount = 0

  init?(_ text: [UInt8]) {
    guard let header = try? JSONDecoder().decode(JSONHeader.self, from: Data(text)) else {
      return nil
    }
    self = header
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      keyCount += 1
      if key.stringValue == SafetensorsHeader.metadataName {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        tensors[key.stringValue] = try container.decode(Tensor.self, forKey: key)
      }
    }
  }

  /// How many keys the outermost object of valid JSON has; the decoder drops repeated ones silently.
  static func topLevelKeys(_ text: [UInt8]) -> Int {
    var depth = 0
    var count = 0
    var isString = false
    var isEscaped = false
    for byte in text {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ":"): if depth == 1 { count += 1 }
      default: break
      }
    }
    return count
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

import Foundation
import GraphIR

/// The file format of weights: a JSON header with types, shapes and offsets, then the elements.
///
/// Source: the README of huggingface/safetensors, section Format.
public struct Safetensors: Sendable {
  /// In the order of the elements in the file.
  public var tensors: [(name: String, tensor: Tensor)]
  public var metadata: [String: String]

  public init(tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of this name, nil where there is none.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// Reads a file; F16, BF16, I8, I16, U16 and U32 widen to the next type of `DType`.
  ///
  /// Errors: `DataError` for an unreadable file and for every header that does not describe the
  /// bytes behind it exactly.
  public static func read(_ path: String) throws -> Safetensors {
    let file = try FileReader(path)
    guard file.isRegular else {
      throw DataError.cannotRead(file: path, reason: "Not a regular file")
    }
    let header = try SafetensorsHeader(file)
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in header.entries {
      // Piece by piece, so that the whole file is never in memory beside its tensors.
      let bytes = try file.read(at: header.size + entry.offset, count: entry.byteCount)
      tensors.append((entry.name, entry.type.tensor(bytes, order: .little, shape: entry.shape)))
    }
    return Safetensors(tensors: tensors, metadata: header.metadata)
  }

  /// Writes the file, the same tensors in any order always as the same bytes.
  ///
  /// The widest elements come first, so that all are aligned to their size.
  /// Errors: `DataError.cannotWrite`, also for two tensors of one name.
  public func write(to path: String) throws {
    let ordered = tensors.sorted {
      ($1.tensor.dtype.size, $0.name) < ($0.tensor.dtype.size, $1.name)
    }
    if let problem = nameProblem() { throw DataError.cannotWrite(file: path, reason: problem) }
    let header = headerBytes(ordered)
    try AtomicFile.write(to: path) { file in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
      try file.write(header)
      for (_, tensor) in ordered {
        try file.write(storedBytes(tensor, order: .little))
      }
    }
  }

  private func nameProblem() -> String? {
    var seen: Set<String> = [SafetensorsHeader.metadataName]
    guard let name = tensors.first(where: { !seen.insert($0.name).inserted })?.name else {
      return nil
    }
    return name == SafetensorsHeader.metadataName
      ? "the tensor name \(name) is reserved" : "two tensors have the name '\(name)'"
  }

  /// The JSON text, keys sorted, padded by spaces so that the elements begin at a multiple of 8.
  private func headerBytes(_ ordered: [(name: String, tensor: Tensor)]) -> [UInt8] {
    var entries: [(name: String, json: String)] = []
    var offset = 0
    for (name, tensor) in ordered {
      let shape = tensor.shape.dims.map(String.init).joined(separator: ",")
      let end = offset + tensor.type.byteCount
      entries.append(
        (
          name,
          "{\"dtype\":\"\(SafetensorsHeader.name(of: tensor.dtype))\",\"shape\":[\(shape)],"
            + "\"data_offsets\":[\(offset),\(end)]}"
        ))
      offset = end
    }
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      let json = "{\(pairs.joined(separator: ","))}"
      entries.append((SafetensorsHeader.metadataName, json))
    }
    entries.sort { $0.name < $1.name }
    let members = entries.map { "\(quoted($0.name)):\($0.json)" }
    var bytes = Array("{\(members.joined(separator: ","))}".utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }

  /// `text` as a JSON string.
  private func quoted(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }
}

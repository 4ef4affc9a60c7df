import Foundation
import Runtime

/// The place of a tensor's data in a file beside the model.
struct ExternalData {
  private let proto: TensorProto
  private let file: String
  private var location = ""
  private var offset = 0
  private var length: Int?

  /// Checks the place's description; the file is looked at when it is read.
  init(_ proto: TensorProto, file: String) throws(ONNXError) {
    self.proto = proto
    self.file = file
    for entry in proto.externalData {
      switch entry.key {
      case "location": location = entry.value
      case "offset": offset = try number(entry)
      case "length": length = try number(entry)
      default: break
      }
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.utf8.contains(0) else {
      throw problem("its location is missing; expected the name of a file beside the model")
    }
    guard !location.hasPrefix("/"), !parts.contains("..") else {
      throw problem("its location '\(location.shortened)' is not below the model's folder")
    }
  }

  /// `count` bytes, as many as the tensor's shape needs.
  func read(count: Int) throws(ONNXError) -> [UInt8] {
    if let length, length != count {
      throw .dataCount(
        file: file, tensor: proto.name, found: length, expected: count,
        unit: "bytes of data in '\(location.shortened)'")
    }
    let folder = (file as NSString).deletingLastPathComponent
    let path = folder.isEmpty ? location : folder + "/" + location
    guard let target = Self.resolved(path) else {
      throw problem("'\(location.shortened)' cannot be read: \(String(cString: strerror(errno)))")
    }
    // A model behind a link, as caches of downloads have them, has its data beside where it lies.
    let folders =
      [Self.resolved(folder.isEmpty ? "." : folder)]
      + [Self.resolved(file).map { ($0 as NSString).deletingLastPathComponent }]
    let isInside = folders.contains { folder in
      guard let folder else { return false }
      return target.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
    guard isInside else {
      throw problem("'\(location.shortened)' is a link out of the model's folder")
    }
    return try ONNXError.ofFile(path) {
      try WholeFile.read(target, at: offset, count: count)
    }
  }

  private func number(_ entry: StringStringEntryProto) throws(ONNXError) -> Int {
    guard let number = Int(entry.value), number >= 0 else {
      throw problem("its \(entry.key) is '\(entry.value.shortened)'; expected a number of bytes")
    }
    return number
  }

  private func problem(_ text: String) -> ONNXError {
    .externalData(file: file, tensor: proto.name, problem: text)
  }

  /// The path without links, nil where there is no such file.
  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

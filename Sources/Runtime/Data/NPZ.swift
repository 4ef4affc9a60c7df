import GraphIR

/// NumPy's file format for named arrays: a zip archive with one .npy file an array.
public enum NPZ {
  /// Most bytes that the arrays of one file may take in memory: 64 GiB.
  public static let maximumBytes = 1 << 36

  /// Reads all arrays.
  ///
  /// Errors: `DataError` for an unreadable or damaged archive, or an array `NPY` cannot read; the
  /// error names FILE/ENTRY then.
  public static func read(_ path: String) throws -> [String: Tensor] {
    _ = try FileReader(path)
    return try read(ZipReader(path))
  }

  /// Like `read`, from bytes in memory; `file` is what errors name.
  public static func parse(_ bytes: [UInt8], file: String) throws -> [String: Tensor] {
    try bytes.withUnsafeBytes { try read(ZipReader($0, file: file)) }
  }

  /// Writes `arrays` ordered by name, the same arrays always as the same bytes.
  public static func write(
    _ arrays: [String: Tensor], to path: String, compressed: Bool = false
  ) throws {
    let entries = arrays.sorted { $0.key < $1.key }
      .map { (name: $0.key + ".npy", bytes: NPY.encode($0.value)) }
    try AtomicFile.write(zipArchive(entries, compressed: compressed, file: path), to: path)
  }

  private static func read(_ archive: consuming ZipReader) throws -> [String: Tensor] {
    var arrays: [String: Tensor] = [:]
    var total = 0
    for index in 0..<archive.count {
      let entry = try archive.entry(index)
      let label = "\(archive.file)/\(entry.name)"
      guard entry.name.hasSuffix(".npy") else {
        throw DataError.unsupported(
          file: label, found: "an entry that is no array", supported: "entries named .npy")
      }
      total += entry.size
      guard total <= maximumBytes else {
        throw DataError.tooLarge(file: archive.file, what: "its content", limit: maximumBytes)
      }
      let name = String(entry.name.dropLast(4))
      let tensor = try NPY.parse(archive.read(entry), file: label)
      guard arrays.updateValue(tensor, forKey: name) == nil else {
        throw DataError.malformed(
          file: label, problem: "is there twice", expected: "an entry of each name")
      }
    }
    return arrays
  }
}

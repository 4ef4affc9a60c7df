import Foundation

/// A table of metrics that grows by a row a step.
///
/// Rows go to the file in whole groups, so that a kill leaves at most the last line cut short;
/// resuming cuts the file back to the step of the checkpoint.
public final class MetricsCSV {
  public let path: String
  public let columns: [String]
  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// Bytes of rows that are held back before they are written unasked.
  private static let groupSize = 1 << 16

  /// Begins a file with the header `step` and `columns`, replacing one that is there; or goes on
  /// with it behind the row of `step`, dropping the rows after.
  ///
  /// Errors: `DataError`, also for a file to go on with that has other columns.
  public init(_ path: String, columns: [String], resumingAfter step: Int? = nil) throws {
    self.path = path
    self.columns = columns
    let header = Array((["step"] + columns).map(MetricsCSV.field).joined(separator: ",").utf8)
    try AtomicFile.createFolder(AtomicFile.folderPart(path), for: path)
    let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC
    let descriptor = retrying { open(path, flags, 0o666) }
    guard descriptor >= 0 else {
      throw DataError.cannotWrite(file: path, reason: lastError())
    }
    self.descriptor = descriptor
    // From here on `deinit` closes the file when an error is thrown.
    let kept = try step.map { try MetricsCSV.keptBytes(path, header: header, through: $0) } ?? 0
    guard retrying({ ftruncate(descriptor, off_t(kept)) }) == 0 else {
      throw DataError.cannotWrite(file: path, reason: lastError())
    }
    if kept == 0 {
      pending = header + [newline]
      try flush()
    }
  }

  deinit {
    // Whoever wants to know of an error calls flush() before.
    try? flush()
    close(descriptor)
  }

  /// Adds the row of `step`, one value a column; nil leaves a field empty.
  ///
  /// Values that a 32-bit float holds are written with the digits that one needs.
  public func append(step: Int, _ values: [Double?]) throws {
    precondition(values.count == columns.count, "MetricsCSV: \(values.count) values for \(columns)")
    let fields = ["\(step)"] + values.map { $0.map(MetricsCSV.text) ?? "" }
    pending += fields.joined(separator: ",").utf8
    pending.append(newline)
    if pending.count >= MetricsCSV.groupSize { try flush() }
  }

  /// Hands all rows to the operating system.
  public func flush() throws {
    let group = pending
    pending = []
    try FileWriter(file: path, descriptor: descriptor).write(group)
  }

  private static func text(_ value: Double) -> String {
    if let integer = Int(exactly: value), abs(integer) < 1 << 53 { return "\(integer)" }
    let float = Float(value)
    return Double(float) == value ? "\(float)" : "\(value)"
  }

  private static func field(_ name: String) -> String {
    guard name.contains(where: { ",\"\r\n".contains($0) }) else { return name }
    return "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// The length of header and complete rows up to that of `step`; 0 where not even a header is.
  private static func keptBytes(_ path: String, header: [UInt8], through step: Int) throws -> Int {
    let bytes = try WholeFile.read(path)
    var kept = 0
    var line = 0
    while let end = bytes[kept...].firstIndex(of: newline) {
      line += 1
      let row = bytes[kept..<end]
      if line == 1 {
        guard row.elementsEqual(header) else {
          throw DataError.malformed(
            file: path, problem: "its columns are \(String(decoding: row, as: UTF8.self))",
            expected: String(decoding: header, as: UTF8.self))
        }
      } else {
        let first = String(decoding: row.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self)
        guard let rowStep = Int(first) else {
          throw DataError.notANumber(file: path, line: line, column: 1, word: first)
        }
        if rowStep > step { break }
      }
      kept = end + 1
    }
    return kept
  }
}

private let newline = UInt8(ascii: "\n")

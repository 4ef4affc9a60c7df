import GraphIR

/// Tables of numbers as text, their fields set apart by commas or tabs.
///
/// A first line without a number is a header and left out, so are blank lines; fields may be quoted.
public enum CSV {
  /// The numbers as f32 [rows, columns], each rounded once.
  ///
  /// Errors: `DataError` with line and column for a field that is no number, for lines of different
  /// lengths, and for a file without numbers.
  public static func read(_ path: String) throws -> Tensor {
    try parse(WholeFile.read(path), file: path)
  }

  /// Like `read`, from bytes in memory; `file` is what errors name.
  public static func parse(_ bytes: [UInt8], file: String) throws -> Tensor {
    try bytes.withUnsafeBufferPointer { buffer in
      var scanner = FieldScanner(buffer, file: file)
      var values: [Float] = []
      // A field takes two bytes at least, and rarely fewer than four.
      values.reserveCapacity(buffer.count / 4)
      var columns = 0
      var isFirst = true
      while let first = try scanner.startLine() {
        if isFirst, try scanner.skipHeader(first) {
          columns = scanner.column
          isFirst = false
          continue
        }
        var field = first
        while true {
          guard let value = DecimalText.float(field.text) else {
            let word = String(decoding: field.text, as: UTF8.self)
            throw DataError.notANumber(
              file: file, line: scanner.line, column: scanner.column, word: word)
          }
          values.append(value)
          if field.endsLine { break }
          field = try scanner.nextField()
        }
        if columns == 0 { columns = scanner.column }
        guard scanner.column == columns else {
          throw DataError.ragged(
            file: file, line: scanner.line, fields: scanner.column, expected: columns)
        }
        isFirst = false
      }
      guard !values.isEmpty else {
        throw DataError.malformed(
          file: file, problem: "has no numbers", expected: "a line of numbers at least")
      }
      return Tensor(values, shape: [values.count / columns, columns])
    }
  }
}

/// Walks over the fields of a table, line by line.
private struct FieldScanner {
  struct Field {
    /// Without the spaces and quotes around it.
    let text: Slice<UnsafeBufferPointer<UInt8>>
    let endsLine: Bool
  }

  /// Of the field last returned, from 1.
  private(set) var line = 0
  private(set) var column = 0
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  private let delimiter: UInt8
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    if bytes.starts(with: byteOrderMark) { position = byteOrderMark.count }
    let firstLine = bytes.prefix { $0 != newline }
    delimiter = firstLine.contains(tab) ? tab : UInt8(ascii: ",")
  }

  /// The first field of the next line that is not blank, nil at the end.
  mutating func startLine() throws -> Field? {
    while position < bytes.count {
      line += 1
      column = 0
      let start = position
      let field = try nextField()
      // A lone pair of quotes is a field, though an empty one.
      let isBlank = field.endsLine && bytes[start..<position].allSatisfy { isSpace($0) }
      if !isBlank { return field }
    }
    return nil
  }

  /// Passes over the line that begins with `first` if none of its fields is a number.
  mutating func skipHeader(_ first: Field) throws -> Bool {
    let start = (position, line, column)
    var field = first
    while true {
      if DecimalText.float(field.text) != nil {
        (position, line, column) = start
        return false
      }
      if field.endsLine { return true }
      field = try nextField()
    }
  }

  mutating func nextField() throws -> Field {
    column += 1
    var start = position
    while start < bytes.count, bytes[start] == space { start += 1 }
    if start < bytes.count, bytes[start] == quote { return try quotedField(from: start + 1) }
    var end = start
    while end < bytes.count, bytes[end] != delimiter, bytes[end] != newline { end += 1 }
    let endsLine = end == bytes.count || bytes[end] == newline
    position = min(end + 1, bytes.count)
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return Field(text: bytes[start..<end], endsLine: endsLine)
  }

  private mutating func quotedField(from start: Int) throws -> Field {
    let openingLine = line
    var end = start
    while end < bytes.count {
      if bytes[end] == quote {
        // Two quotes stand for one.
        guard end + 1 < bytes.count, bytes[end + 1] == quote else { break }
        end += 1
      }
      if bytes[end] == newline { line += 1 }
      end += 1
    }
    guard end < bytes.count else {
      throw quoteError(openingLine, "has a quote that is never closed")
    }
    var next = end + 1
    while next < bytes.count, isSpace(bytes[next]), bytes[next] != newline,
      bytes[next] != delimiter
    { next += 1 }
    let endsLine = next == bytes.count || bytes[next] == newline
    guard endsLine || bytes[next] == delimiter else {
      throw quoteError(line, "has text behind a closing quote")
    }
    position = min(next + 1, bytes.count)
    return Field(text: bytes[start..<end], endsLine: endsLine)
  }

  private func quoteError(_ line: Int, _ problem: String) -> DataError {
    .malformed(
      file: file, problem: "line \(line) \(problem)", expected: "a quote on both sides of a field")
  }
}

private let newline = UInt8(ascii: "\n")
private let quote = UInt8(ascii: "\"")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")

/// Includes the carriage return of Windows' line ends.
private func isSpace(_ byte: UInt8) -> Bool { byte == space || (9...13).contains(byte) }

/// What can be wrong with a file that is read or written, told in one line.
///
/// Each text names the file, what is wrong in it and what would be right.
public enum DataError: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotRead(file: String, reason: String)
  case cannotWrite(file: String, reason: String)
  /// More bytes than `limit` would be needed to hold `what`.
  case tooLarge(file: String, what: String, limit: Int)
  /// Bytes that do not follow the format.
  case malformed(file: String, problem: String, expected: String)
  case truncated(file: String, bytes: Int, needed: Int)
  case trailing(file: String, bytes: Int, needed: Int)
  case unsupported(file: String, found: String, supported: String)
  /// Line and column count from 1, columns in fields.
  case notANumber(file: String, line: Int, column: Int, word: String)
  case ragged(file: String, line: Int, fields: Int, expected: Int)
  /// Arrays of a data set with first axes of different lengths.
  case unequalRows(file: String, array: String, rows: Int, expected: Int)
  case label(file: String, sample: Int, label: String, classes: Int)
  case noArray(file: String, name: String, present: [String])
  case notConvertible(file: String, array: String, from: String, to: String)

  public var description: String {
    let (file, text) = parts
    return "\(file): \(text)".onOneLine
  }

  private var parts: (file: String, text: String) {
    switch self {
    case .cannotRead(let file, let reason):
      return (file, "cannot be read: \(reason); a readable file is needed")
    case .cannotWrite(let file, let reason):
      return (file, "cannot be written: \(reason); a writable place with room is needed")
    case .tooLarge(let file, let what, let limit):
      return (file, "\(what) is larger than the limit of \(limit) bytes")
    case .malformed(let file, let problem, let expected):
      return (file, "\(problem); expected \(expected)")
    case .truncated(let file, let bytes, let needed):
      return (file, "ends after \(bytes) bytes; its header announces \(needed)")
    case .trailing(let file, let bytes, let needed):
      return (file, "has at least \(bytes) bytes; its header announces \(needed)")
    case .unsupported(let file, let found, let supported):
      return (file, "\(found) is not supported; supported: \(supported)")
    case .notANumber(let file, let line, let column, let word):
      let found = word.isEmpty ? "an empty field" : "'\(word.shortened)'"
      return (file, "line \(line), column \(column): \(found) where a finite number or nan belongs")
    case .ragged(let file, let line, let fields, let expected):
      return (file, "line \(line) has \(fields) fields; the first has \(expected)")
    case .unequalRows(let file, let array, let rows, let expected):
      return (file, "array '\(array)' has \(rows) rows; the other arrays have \(expected)")
    case .label(let file, let sample, let label, let classes):
      return (file, "sample \(sample) has label \(label); labels run from 0 to \(classes - 1)")
    case .noArray(let file, let name, let present):
      let list = present.isEmpty ? "none" : present.joined(separator: ", ")
      return (file, "has no array '\(name)'; it has: \(list)")
    case .notConvertible(let file, let array, let from, let to):
      return (file, "array '\(array)' holds \(from), which cannot be read as \(to)")
    }
  }
}

extension String {
  /// Control characters replaced, so that text out of a file cannot break an error's line.
  package var onOneLine: String {
    var line = ""
    for scalar in unicodeScalars {
      let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
      let isSeparator = scalar.value == 0x2028 || scalar.value == 0x2029
      line.unicodeScalars.append(isControl || isSeparator ? "?" : scalar)
    }
    return line
  }

  /// At most 60 characters, for words out of files.
  package var shortened: String { count <= 60 ? self : prefix(57) + "..." }
}

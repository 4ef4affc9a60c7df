/// Cuts a graph's text into tokens; white space and `//` comments go.
struct TextLexer {
  enum Token: Hashable {
    /// `%name`
    case value(String)
    /// An op, an attribute, a keyword.
    case word(String)
    case string(String)
    /// As it is written; the parser knows what it must be.
    case number(String)
    /// `{}()[]=,:#@`
    case mark(Character)
    case end
  }

  private let bytes: [UInt8]
  private let file: String
  private var place = 0
  /// Whether a line ended between the last two tokens.
  private(set) var isNewLine = false

  init(_ text: String, file: String) {
    bytes = Array(text.utf8)
    self.file = file
  }

  /// The next token and the byte it begins at.
  mutating func next() throws(TextError) -> (token: Token, start: Int) {
    skipSpace()
    let start = place
    guard place < bytes.count else { return (.end, start) }
    let byte = bytes[place]
    switch byte {
    case UInt8(ascii: "%"):
      place += 1
      let name = word()
      if name.isEmpty { throw error("a value's name must follow '%'", at: start) }
      return (.value(name), start)
    case UInt8(ascii: "\""): return (.string(try string()), start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return (.number(number()), start)
    case _ where Self.isWord(byte):
      let name = word()
      let hasBits = name == "nan" && peek() == UInt8(ascii: "(")
      return (hasBits ? .number(name + bits()) : .word(name), start)
    case _ where Self.marks.contains(byte):
      place += 1
      return (.mark(Character(Unicode.Scalar(byte))), start)
    default:
      let text = String(decoding: bytes[place...].prefix(8), as: UTF8.self)
      let character = text.unicodeScalars.first.map { String(Character($0)) } ?? ""
      throw error("unexpected character '\(character)'", at: start)
    }
  }

  func error(_ message: String, at start: Int) -> TextError {
    let before = bytes.prefix(start)
    let newline = UInt8(ascii: "\n")
    let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    let line = before.reduce(1) { $1 == newline ? $0 + 1 : $0 }
    let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
    return TextError(file: file, line: line, column: column, message: message)
  }

  private static let marks = Set("{}()[]=,:#@".utf8)

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    place + ahead < bytes.count ? bytes[place + ahead] : nil
  }

  private mutating func skipSpace() {
    isNewLine = false
    while let byte = peek() {
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
        while let byte = peek(), byte != UInt8(ascii: "\n") { place += 1 }
      } else if byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == UInt8(ascii: "\n") {
        if byte == UInt8(ascii: "\n") { isNewLine = true }
        place += 1
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    let start = place
    while let byte = peek(), Self.isWord(byte) { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// A sign and whatever could belong to a number; the parser says what is wrong with it.
  private mutating func number() -> String {
    let start = place
    place += 1
    while let byte = peek() {
      let isExponent = (bytes[place - 1] | 0x20) == UInt8(ascii: "e")
      let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      guard Self.isWord(byte) || (isSign && isExponent) else { break }
      place += 1
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// The `(0x7ff8000000000001)` of a NaN with a payload or a sign.
  private mutating func bits() -> String {
    let start = place
    place += 1
    while let byte = peek(), Self.isWord(byte) { place += 1 }
    if peek() == UInt8(ascii: ")") { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func string() throws(TextError) -> String {
    let start = place
    place += 1
    var text: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      place += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") {
        text += Array(String(try escape()).utf8)
      } else {
        text.append(byte)
      }
    }
    throw error("the string has no end on its line", at: start)
  }

  /// What follows a backslash: n, t, r, a quote, a backslash or u{hexadecimal}.
  private mutating func escape() throws(TextError) -> Character {
    let start = place - 1
    let byte = peek()
    place += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "u") where peek() == UInt8(ascii: "{"):
      place += 1
      let digits = word()
      guard peek() == UInt8(ascii: "}"), let code = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(code)
      else { break }
      place += 1
      return Character(scalar)
    default: break
    }
    throw error("unknown escape; there are \\n \\t \\r \\\" \\\\ and \\u{hexadecimal}", at: start)
  }
}

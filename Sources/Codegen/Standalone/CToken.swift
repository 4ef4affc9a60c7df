/// One token of C.
struct CToken: Hashable {
  enum Kind { case identifier, number, string, punctuator }
  let kind: Kind
  let text: String

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  func isMark(_ mark: String) -> Bool { kind == .punctuator && text == mark }
}

/// Splits C into lines of tokens: comments removed, continued lines joined, empty lines left out.
struct CLexer {
  private let bytes: [UInt8]
  private var at = 0

  /// Longest first.
  private static let marks: [[UInt8]] = [
    "<<=", ">>=", "...", "##", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
    "*=", "/=", "%=", "+=", "-=", "&=", "|=", "^=",
  ].map { Array($0.utf8) }

  static func lines(_ text: String) -> [[CToken]] {
    var lexer = CLexer(bytes: Array(text.utf8))
    return lexer.lines()
  }

  static func tokens(_ text: String) -> [CToken] { Array(lines(text).joined()) }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func peek(_ ahead: Int = 0) -> UInt8 {
    at + ahead < bytes.count ? bytes[at + ahead] : 0
  }

  private mutating func lines() -> [[CToken]] {
    var lines: [[CToken]] = []
    var line: [CToken] = []
    while at < bytes.count {
      switch (peek(), peek(1)) {
      case (UInt8(ascii: "\n"), _):
        if !line.isEmpty { lines.append(line) }
        line = []
        at += 1
      case (UInt8(ascii: "\\"), UInt8(ascii: "\n")): at += 2
      case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _): at += 1
      case (UInt8(ascii: "/"), UInt8(ascii: "/")):
        while at < bytes.count, peek() != UInt8(ascii: "\n") { at += 1 }
      case (UInt8(ascii: "/"), UInt8(ascii: "*")):
        at += 2
        while at < bytes.count, !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
          at += 1
        }
        at += 2
      default: line.append(token())
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  private mutating func token() -> CToken {
    let start = at
    let first = peek()
    var kind = CToken.Kind.punctuator
    if CLexer.isLetter(first) {
      kind = .identifier
      while CLexer.isLetter(peek()) || CLexer.isDigit(peek()) { at += 1 }
    } else if CLexer.isDigit(first) || (first == UInt8(ascii: ".") && CLexer.isDigit(peek(1))) {
      kind = .number
      repeat { at += 1 } while isNumberPart()
    } else if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      kind = .string
      at += 1
      while at < bytes.count, peek() != first { at += peek() == UInt8(ascii: "\\") ? 2 : 1 }
      at = min(at + 1, bytes.count)
    } else {
      let mark = CLexer.marks.first { bytes[at...].starts(with: $0) }
      at += mark?.count ?? 1
    }
    return CToken(kind, String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private func isNumberPart() -> Bool {
    let byte = peek()
    if CLexer.isLetter(byte) || CLexer.isDigit(byte) || byte == UInt8(ascii: ".") { return true }
    let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    // The exponents of decimal and hex floats; 0xe+1 does not occur.
    return isSign && [UInt8(ascii: "e"), UInt8(ascii: "p")].contains(bytes[at - 1] | 0x20)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
      || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}

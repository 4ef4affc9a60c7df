/// Prints tokens of C as indented lines of at most 100 columns.
struct CPrinter {
  private var lines: [String] = []
  private var line = ""
  private var indent = 0
  private var parentheses = 0
  private var last: CToken?
  /// Whether the last token ended a type in parentheses or a prefix operator.
  private var isPrefixed = false
  /// Whether each open parenthesis holds nothing but a type so far.
  private var typesOnly: [Bool] = []
  /// For each open brace, whether it is that of an initializer.
  private var initializers: [Bool] = []
  private let types: Set<String>

  private static let typeWords: Set<String> = [
    "void", "char", "short", "int", "long", "float", "double", "unsigned", "signed", "const",
    "struct", "union", "row_function",
  ]
  private static let keywords: Set<String> = ["if", "for", "while", "return", "else", "do", "case"]
  private static let operators: Set<String> = [
    "=", "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "&&", "||", "&", "|", "^", "?",
    ":", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "<<=", ">>=",
  ]

  /// `types` are the names of types besides C's own.
  static func lines(_ tokens: [CToken], types: Set<String>) -> [String] {
    var printer = CPrinter(types: types)
    for (index, token) in tokens.enumerated() {
      printer.add(token, next: index + 1 < tokens.count ? tokens[index + 1] : nil)
    }
    printer.end()
    return printer.lines
  }

  private init(types: Set<String>) { self.types = types.union(CPrinter.typeWords) }

  private func isType(_ token: CToken) -> Bool {
    token.kind == .identifier && types.contains(token.text)
  }

  private mutating func add(_ token: CToken, next: CToken?) {
    if token.isMark("}"), initializers.popLast() == false {
      end()
      indent -= 1
      line = "}"
      last = token
      let joins = next.map { $0.kind == .identifier && $0.text != "else" } ?? false
      // The name that a typedef gives a structure.
      if next?.isMark(";") == true || (indent == 0 && joins) { return }
      if next?.text != "else" { end() }
      return
    }
    if needsSpace(before: token) { line += " " }
    line += token.text
    note(token)
    last = token
    guard parentheses == 0 else { return }
    if token.isMark("{") {
      guard initializers.last == false else { return }
      end()
      indent += 1
    } else if token.isMark(";"), initializers.last != true {
      end()
    }
  }

  /// Keeps track of parentheses and of what the next token's spaces depend on.
  private mutating func note(_ token: CToken) {
    let isOperand = last.map { !isUnaryPlace(after: $0) } ?? false
    var prefixes = false
    switch token.text {
    case "(":
      parentheses += 1
      typesOnly.append(true)
    case ")":
      parentheses -= 1
      prefixes = typesOnly.popLast() == true && last?.isMark("(") == false
    case "{":
      let isValue = last.map { $0.isMark("=") || $0.isMark("{") || $0.isMark(",") } ?? false
      initializers.append(isValue || parentheses > 0 || (last?.isMark(")") == true && isPrefixed))
    case "!", "~": prefixes = true
    case "-", "+", "*", "&", "++", "--": prefixes = !isOperand || last.map(isType) == true
    default: break
    }
    if token.text != "(", !isType(token), !token.isMark("*"), !token.isMark("["),
      !token.isMark("]"), token.kind != .number, token.text != ")", !typesOnly.isEmpty
    {
      typesOnly[typesOnly.count - 1] = false
    }
    if token.kind == .number, !typesOnly.isEmpty, last?.isMark("[") != true {
      typesOnly[typesOnly.count - 1] = false
    }
    isPrefixed = prefixes
  }

  private func isUnaryPlace(after token: CToken) -> Bool {
    if token.isMark(")") { return isPrefixed }
    if token.isMark("]") || token.kind == .number { return false }
    if token.kind == .identifier {
      return CPrinter.keywords.contains(token.text) || isType(token)
    }
    return true
  }

  private func needsSpace(before token: CToken) -> Bool {
    guard let last, !line.isEmpty, !line.allSatisfy({ $0 == " " }) else { return false }
    if [")", "]", ",", ";", ".", "->"].contains(token.text) { return false }
    if ["(", "[", ".", "->"].contains(last.text) { return false }
    if token.isMark("[") { return false }
    if token.isMark("++") || token.isMark("--") { return isUnaryPlace(after: last) }
    if last.isMark("++") || last.isMark("--") {
      return CPrinter.operators.contains(token.text)
    }
    if token.isMark("(") {
      if last.kind == .identifier { return CPrinter.keywords.contains(last.text) || isType(last) }
      return !isPrefixed
    }
    if token.isMark("{"), isPrefixed, last.isMark(")") { return false }
    if last.isMark("{") || token.isMark("}") { return false }
    if isPrefixed {
      return last.isMark("*") && token.isMark("const") ? false : token.text == "{"
    }
    return true
  }

  /// Ends the line, in as many pieces as fit 100 columns.
  private mutating func end() {
    defer {
      line = ""
      last = nil
      isPrefixed = false
    }
    guard !line.isEmpty else { return }
    var rest = Substring(line)
    var margin = String(repeating: "  ", count: indent)
    while margin.count + rest.count > 100, let cut = CPrinter.cut(rest, 100 - margin.count) {
      lines.append(margin + rest[..<cut])
      rest = rest[cut...].drop { $0 == " " }
      margin = String(repeating: "  ", count: indent + 2)
    }
    lines.append(margin + rest)
  }

  /// The last space that a line of `width` columns can end at.
  private static func cut(_ text: Substring, _ width: Int) -> String.Index? {
    let limit = text.index(text.startIndex, offsetBy: min(width, text.count))
    let cut = text[..<limit].lastIndex(of: " ")
    return cut == text.startIndex ? nil : cut
  }
}

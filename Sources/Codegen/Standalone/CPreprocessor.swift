/// The part of C's preprocessor that the kernels' templates use: `#include` of each other,
/// `#define` with parameters and `##`, `#if` with `defined` and comparisons.
///
/// No macro of the templates names itself, so what expansion gives is expanded again without a
/// record of where it came from.
struct CPreprocessor {
  private struct Macro {
    /// nil for a macro without a list of parameters.
    var parameters: [String]?
    var body: [CToken]
  }

  /// Texts by the name that `#include` has for them; other includes are passed over.
  private let files: [String: String]
  private var macros: [String: Macro] = [:]
  private var pending: [CToken] = []
  private(set) var output: [CToken] = []

  /// `definitions` are macros without parameters, by name.
  init(files: [String: String], definitions: [String: String]) {
    self.files = files
    for (name, body) in definitions { macros[name] = Macro(body: CLexer.tokens(body)) }
    // Pragmas are for the compiler that builds the kernels in.
    macros["_Pragma"] = Macro(parameters: ["text"], body: [])
  }

  /// Appends a file's tokens, all macros expanded, to `output`.
  mutating func include(_ name: String) {
    guard let text = files[name] else { return }
    /// Whether each enclosing `#if` is taken, and whether one of its branches was.
    var conditions: [(isTaken: Bool, isDone: Bool)] = []
    for line in CLexer.lines(text) {
      let isActive = conditions.allSatisfy(\.isTaken)
      guard line[0].isMark("#"), line.count > 1 else {
        if isActive { pending += line }
        continue
      }
      let rest = Array(line.dropFirst(2))
      switch line[1].text {
      case "if", "ifdef", "ifndef":
        flush()
        let isTaken = isActive && condition(line[1].text, rest)
        conditions.append((isTaken, isTaken || !isActive))
      case "elif":
        guard let last = conditions.popLast() else { continue }
        let isTaken = !last.isDone && isTrue(rest)
        conditions.append((isTaken, last.isDone || isTaken))
      case "else":
        guard let last = conditions.popLast() else { continue }
        conditions.append((!last.isDone, true))
      case "endif":
        flush()
        conditions.removeLast()
      case "define" where isActive:
        flush()
        define(rest)
      case "include" where isActive:
        flush()
        if let name = rest.first, name.kind == .string {
          include(String(name.text.dropFirst().dropLast()))
        }
      default: continue
      }
    }
    flush()
  }

  // MARK: - Directives

  private mutating func flush() {
    guard !pending.isEmpty else { return }
    output += expanded(pending)
    pending = []
  }

  /// A list of parameters follows its macro's name at once in the templates, and no body begins
  /// with a parenthesis but of such a macro, or around a whole expression.
  private mutating func define(_ tokens: [CToken]) {
    guard let name = tokens.first else { return }
    let rest = tokens.dropFirst()
    guard rest.first?.isMark("(") == true, let close = rest.firstIndex(where: { $0.isMark(")") }),
      rest[..<close].allSatisfy({ $0.kind == .identifier || $0.isMark("(") || $0.isMark(",") }),
      close + 1 < rest.endIndex
    else {
      macros[name.text] = Macro(body: Array(rest))
      return
    }
    let parameters = rest[..<close].filter { $0.kind == .identifier }.map(\.text)
    macros[name.text] = Macro(parameters: parameters, body: Array(rest[(close + 1)...]))
  }

  private func condition(_ directive: String, _ tokens: [CToken]) -> Bool {
    let isDefined = macros[tokens.first?.text ?? ""] != nil
    switch directive {
    case "ifdef": return isDefined
    case "ifndef": return !isDefined
    default: return isTrue(tokens)
    }
  }

  private func isTrue(_ tokens: [CToken]) -> Bool {
    var plain: [CToken] = []
    var index = 0
    while index < tokens.count {
      guard tokens[index].text == "defined" else {
        plain.append(tokens[index])
        index += 1
        continue
      }
      let hasParenthesis = index + 1 < tokens.count && tokens[index + 1].isMark("(")
      let name = index + (hasParenthesis ? 2 : 1)
      let isDefined = name < tokens.count && macros[tokens[name].text] != nil
      plain.append(CToken(.number, isDefined ? "1" : "0"))
      index = name + (hasParenthesis ? 2 : 1)
    }
    var condition = CCondition(expanded(plain))
    return condition.value() != 0
  }

  // MARK: - Expansion

  private func expanded(_ tokens: [CToken]) -> [CToken] {
    var result: [CToken] = []
    /// What is still to be read, last first.
    var rest = Array(tokens.reversed())
    while let token = rest.popLast() {
      guard token.kind == .identifier, let macro = macros[token.text] else {
        result.append(token)
        continue
      }
      guard let parameters = macro.parameters else {
        rest.append(contentsOf: macro.body.reversed())
        continue
      }
      guard rest.last?.isMark("(") == true else {
        result.append(token)
        continue
      }
      rest.removeLast()
      let arguments = CPreprocessor.arguments(&rest)
      let body = substituted(macro.body, parameters, arguments)
      rest.append(contentsOf: body.reversed())
    }
    return result
  }

  /// Takes the arguments of a call, whose opening parenthesis was taken, off the end of `rest`.
  private static func arguments(_ rest: inout [CToken]) -> [[CToken]] {
    var arguments: [[CToken]] = [[]]
    var depth = 0
    while let token = rest.popLast() {
      if depth == 0, token.isMark(")") { break }
      if depth == 0, token.isMark(",") {
        arguments.append([])
        continue
      }
      if ["(", "{", "["].contains(token.text) { depth += token.text == "(" ? 1 : 0 }
      if token.isMark(")") { depth -= 1 }
      arguments[arguments.count - 1].append(token)
    }
    return arguments
  }

  private func substituted(
    _ body: [CToken], _ parameters: [String], _ arguments: [[CToken]]
  ) -> [CToken] {
    func argument(_ token: CToken) -> [CToken]? {
      guard token.kind == .identifier, let index = parameters.firstIndex(of: token.text),
        index < arguments.count
      else { return nil }
      return arguments[index]
    }
    var result: [CToken] = []
    var index = 0
    while index < body.count {
      let token = body[index]
      let isPasted = index + 1 < body.count && body[index + 1].isMark("##")
      if token.isMark("##"), index + 1 < body.count, let left = result.popLast() {
        let right = argument(body[index + 1]) ?? [body[index + 1]]
        let joined = left.text + (right.first?.text ?? "")
        result.append(CToken(left.kind, joined))
        result += right.dropFirst()
        index += 2
        continue
      }
      if let argument = argument(token) {
        result += isPasted ? argument : expanded(argument)
      } else {
        result.append(token)
      }
      index += 1
    }
    return result
  }
}

/// The value of the expression of an `#if`; unknown names are 0.
private struct CCondition {
  private let tokens: [CToken]
  private var at = 0

  init(_ tokens: [CToken]) { self.tokens = tokens }

  private static let precedence = [
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4,
  ]

  mutating func value(above limit: Int = 0) -> Int {
    var left = operand()
    while at < tokens.count, let rank = CCondition.precedence[tokens[at].text], rank > limit {
      let mark = tokens[at].text
      at += 1
      let right = value(above: rank)
      left = CCondition.apply(mark, left, right)
    }
    return left
  }

  private static func apply(_ mark: String, _ left: Int, _ right: Int) -> Int {
    let result =
      switch mark {
      case "||": left != 0 || right != 0
      case "&&": left != 0 && right != 0
      case "==": left == right
      case "!=": left != right
      case "<": left < right
      case ">": left > right
      case "<=": left <= right
      default: left >= right
      }
    return result ? 1 : 0
  }

  private mutating func operand() -> Int {
    guard at < tokens.count else { return 0 }
    let token = tokens[at]
    at += 1
    if token.isMark("!") { return operand() == 0 ? 1 : 0 }
    guard token.isMark("(") else { return Int(token.text) ?? 0 }
    let inner = value()
    at += 1
    return inner
  }
}

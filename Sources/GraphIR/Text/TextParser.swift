extension Graph {
  /// The graph that `text` gives of itself.
  ///
  /// In hand-written text values may have any names, and a node's type may be left out; operands
  /// begin on the op's line. Throws the first mistake, with its place in `file`.
  public init(parsing text: String, file: String) throws(TextError) {
    var parser = try TextParser(text, file: file)
    self = try parser.graph()
  }
}

/// One token of lookahead, one method for each form of a line, no recursion.
private struct TextParser {
  private var lexer: TextLexer
  private var token = TextLexer.Token.end
  /// Where `token` begins, in bytes.
  private var start = 0
  private var result = Graph(name: "")
  private var ids: [String: NodeID] = [:]
  private var sources: Set<String> = []
  private var outputs: Set<String> = []
  private var updated: Set<NodeID> = []

  init(_ text: String, file: String) throws(TextError) {
    lexer = TextLexer(text, file: file)
    try advance()
  }

  mutating func graph() throws(TextError) -> Graph {
    guard token == .word("graph") else { throw unexpected("'graph'") }
    try advance()
    result.name = try string("the graph's name in quotes")
    try expect("{")
    while token != .mark("}") {
      switch token {
      case .value(let name): try node(name)
      case .word("output"): try output()
      case .word("update"): try update()
      default: throw unexpected("a node, 'output', 'update' or '}'")
      }
    }
    try advance()
    guard token == .end else { throw unexpected("the end after '}'") }
    return result
  }

  /// `%name = op(attributes) operands : type #"label" @"file":line`
  private mutating func node(_ name: String) throws(TextError) {
    if ids[name] != nil { throw error("%\(name) is defined twice") }
    try advance()
    try expect("=")
    let opStart = start
    let op = try operation()
    let operands = try self.operands()
    let typeStart = start
    let stated = try statedType()
    // A name that is no number says something of the value.
    var label = Self.isInteger(name) ? "" : name
    if token == .mark("#") {
      try advance()
      label = try string("a label in quotes")
    }
    let location = try location()
    let id: NodeID
    do {
      id = try result.append(op, operands, label: label, location: location)
    } catch {
      let given = operands.map { result[$0].type.description }.joined(separator: ", ")
      let types = operands.isEmpty ? "" : "; operands: \(given)"
      throw lexer.error("\(op.name): \(error.description)\(types)", at: opStart)
    }
    let type = result[id].type
    guard type.shape.isValid else {
      throw lexer.error("\(op.name): result is larger than the limits", at: opStart)
    }
    if let stated, stated != type {
      let message = "\(op.name): the stated type is \(stated), but its operands give \(type)"
      throw lexer.error(message, at: typeStart)
    }
    try declare(op, at: opStart)
    ids[name] = id
  }

  private mutating func declare(_ op: any Op, at opStart: Int) throws(TextError) {
    let key =
      switch op {
      case let input as Input: "input '\(input.key)'"
      case let variable as Variable: "variable '\(variable.key)'"
      default: ""
      }
    guard key.isEmpty || sources.insert(key).inserted else {
      throw lexer.error("\(key) is declared twice", at: opStart)
    }
  }

  private mutating func operation() throws(TextError) -> any Op {
    guard case .word(let name) = token else { throw unexpected("an op") }
    guard let entry = OpTable.entry(named: name) else {
      let question = NearestName.question(name, among: OpTable.entries.lazy.map(\.name))
      throw error("unknown op '\(name)'\(question)")
    }
    let opStart = start
    try advance()
    let attributes = try self.attributes()
    do {
      var reader = try AttributeReader(attributes)
      let op = try entry.make(&reader)
      try reader.finish()
      return op
    } catch {
      throw lexer.error("\(name): \(error.description)", at: opStart)
    }
  }

  private mutating func attributes() throws(TextError) -> [Attribute] {
    guard token == .mark("(") else { return [] }
    try advance()
    var attributes: [Attribute] = []
    while token != .mark(")") {
      if !attributes.isEmpty { try expect(",") }
      guard case .word(let name) = token else { throw unexpected("an attribute's name") }
      try advance()
      try expect("=")
      attributes.append(Attribute(name, try attributeValue()))
    }
    try advance()
    return attributes
  }

  private mutating func attributeValue() throws(TextError) -> AttributeValue {
    switch token {
    case .string(let text):
      try advance()
      return .string(text)
    case .word("true"), .word("false"):
      let value = token == .word("true")
      try advance()
      return .bool(value)
    case .mark("["): return try list()
    default: return try number()
    }
  }

  private mutating func list() throws(TextError) -> AttributeValue {
    try advance()
    var ints: [Int] = []
    var doubles: [Double] = []
    var isWhole = true
    while token != .mark("]") {
      if !doubles.isEmpty { try expect(",") }
      switch try number() {
      case .int(let value):
        if isWhole { ints.append(value) }
        doubles.append(Double(value))
      case .double(let value):
        isWhole = false
        doubles.append(value)
      default: break
      }
    }
    try advance()
    return isWhole ? .ints(ints) : .doubles(doubles)
  }

  /// An int where it is written without point, exponent, `inf` and `nan`.
  private mutating func number() throws(TextError) -> AttributeValue {
    let text: String
    switch token {
    case .number(let digits): text = digits
    case .word(let word): text = word
    default: throw unexpected("a value")
    }
    guard let value = Self.number(text) else {
      guard case .number = token else { throw unexpected("a value") }
      let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
      let isInteger = !digits.isEmpty && Self.isInteger(digits)
      throw error(
        isInteger ? "integer \(text) is outside 64 bits" : "'\(text)' is not a number in range")
    }
    try advance()
    return value
  }

  private static func isInteger(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func number(_ text: String) -> AttributeValue? {
    switch text {
    case "inf": return .double(.infinity)
    case "-inf": return .double(-.infinity)
    case "nan": return .double(.nan)
    default: break
    }
    if text.hasPrefix("nan(0x"), text.hasSuffix(")") {
      guard let bits = UInt64(text.dropFirst(6).dropLast(), radix: 16) else { return nil }
      let value = Double(bitPattern: bits)
      return value.isNaN ? .double(value) : nil
    }
    guard let first = text.utf8.first, first == 0x2d || isInteger(text.prefix(1)) else {
      return nil
    }
    if let value = Int(text) { return .int(value) }
    // Without a point or an exponent it was meant to be an integer.
    guard text.utf8.contains(where: { $0 == 0x2e || $0 | 0x20 == 0x65 }) else { return nil }
    guard let value = Double(text), value.isFinite else { return nil }
    return .double(value)
  }

  private mutating func operands() throws(TextError) -> [NodeID] {
    var operands: [NodeID] = []
    // A value on the next line is the next node's.
    if lexer.isNewLine { return [] }
    while case .value = token {
      operands.append(try value())
      guard token == .mark(",") else { return operands }
      try advance()
      guard case .value = token else { throw unexpected("a value after ','") }
    }
    return operands
  }

  private mutating func value() throws(TextError) -> NodeID {
    guard case .value(let name) = token else { throw unexpected("a value") }
    guard let id = ids[name] else {
      // The nearest number would be no hint.
      let names = Self.isInteger(name) ? [] : ids.keys.sorted().map { "%" + $0 }
      let question = NearestName.question("%" + name, among: names)
      throw error("%\(name) is not defined before" + question)
    }
    try advance()
    return id
  }

  private mutating func statedType() throws(TextError) -> TensorType? {
    guard token == .mark(":") else { return nil }
    try advance()
    guard case .word(let name) = token, let dtype = DType(rawValue: name) else {
      let names = DType.allCases.map(\.rawValue).joined(separator: ", ")
      throw unexpected("an element type (\(names))")
    }
    try advance()
    guard token == .mark("[") else { throw unexpected("'['") }
    let listStart = start
    guard case .ints(let dims) = try list() else {
      throw lexer.error("a shape is a list of integers", at: listStart)
    }
    return TensorType(dtype, Shape(dims))
  }

  private mutating func location() throws(TextError) -> SourceLocation? {
    guard token == .mark("@") else { return nil }
    try advance()
    let file = try string("a file's name in quotes")
    try expect(":")
    guard case .number(let text) = token, let line = Int(text) else {
      throw unexpected("a line number")
    }
    try advance()
    return SourceLocation(file: file, line: line)
  }

  private mutating func output() throws(TextError) {
    try advance()
    let nameStart = start
    let name = try string("the output's name in quotes")
    guard outputs.insert(name).inserted else {
      throw lexer.error("output '\(name)' is declared twice", at: nameStart)
    }
    result.outputs.append(.init(name: name, value: try value()))
  }

  private mutating func update() throws(TextError) {
    try advance()
    let variableStart = start
    let variable = try value()
    let new = try value()
    let target = result.describe(variable)
    guard result[variable].op is Variable else {
      throw lexer.error("update: \(target) is no variable", at: variableStart)
    }
    guard result[variable].type == result[new].type else {
      let type = result[new].type
      throw lexer.error("update: \(target) cannot hold \(type)", at: variableStart)
    }
    guard updated.insert(variable).inserted else {
      throw lexer.error("update: \(target) is updated twice", at: variableStart)
    }
    result.updates.append(.init(variable: variable, value: new))
  }

  private mutating func string(_ expected: String) throws(TextError) -> String {
    guard case .string(let text) = token else { throw unexpected(expected) }
    try advance()
    return text
  }

  private mutating func expect(_ mark: Character) throws(TextError) {
    guard token == .mark(mark) else { throw unexpected("'\(mark)'") }
    try advance()
  }

  private mutating func advance() throws(TextError) {
    (token, start) = try lexer.next()
  }

  private func error(_ message: String) -> TextError { lexer.error(message, at: start) }

  private func unexpected(_ expected: String) -> TextError {
    error("expected \(expected), not \(token.description)")
  }
}

extension TextLexer.Token: CustomStringConvertible {
  var description: String {
    switch self {
    case .value(let name): "%\(name)"
    case .word(let text), .number(let text): "'\(text)'"
    case .string(let text): text.quoted
    case .mark(let mark): "'\(mark)'"
    case .end: "the end of the file"
    }
  }
}

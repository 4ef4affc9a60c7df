/// The plain kernels' own source, expanded, as declarations that a C file can carry along.
///
/// One source of truth: the templates that the plain kernels are compiled from are expanded by
/// `CPreprocessor`, cut into declarations, and those that a program reaches are printed.
public struct KernelLibrary: Sendable {
  /// A function, type or constant of the file's scope.
  struct Declaration: Sendable {
    let name: String
    let tokens: [CToken]
    let isType: Bool
  }

  private let declarations: [Declaration]
  private let indexOf: [String: [Int]]
  /// Names of the types that are declared.
  let types: Set<String>

  /// `templates` are the kernels' files by the names that they include each other by, and among
  /// them `all.h`, with the public types in `ckernels.h`.
  public init(templates: [String: String]) {
    var preprocessor = CPreprocessor(
      files: templates, definitions: KernelLibrary.definitions)
    preprocessor.include("ckernels.h")
    let headerEnd = preprocessor.output.count
    preprocessor.include("all.h")
    let tokens = preprocessor.output
    // Of the header only the types are kernels' business.
    declarations =
      KernelLibrary.split(tokens[..<headerEnd]).filter(\.isType)
      + KernelLibrary.split(tokens[headerEnd...])
    var indexOf: [String: [Int]] = [:]
    for (index, declaration) in declarations.enumerated() {
      indexOf[declaration.name, default: []].append(index)
    }
    self.indexOf = indexOf
    types = Set(declarations.filter(\.isType).map(\.name))
  }

  /// Types with the sizes that C99 and its 64-bit machines give them, and what headers would define.
  private static let definitions = [
    "DLC_CARRIED": "1", "DLC_PORTABLE": "1", "DLC_FUSED": "0", "DLC_VECTOR_BYTES": "16",
    "DLC_UNROLL": "", "DLC_BITS8": "unsigned char", "DLC_BITS32": "dlc_bits32",
    "DLC_BITS64": "dlc_bits64", "int32_t": "int", "uint32_t": "unsigned",
    "int64_t": "long long", "uint64_t": "unsigned long long", "uint8_t": "unsigned char",
    "INFINITY": "(1.0f / 0.0f)", "NAN": "(0.0f / 0.0f)", "INT32_MAX": "2147483647",
    "INT32_MIN": "(-2147483647 - 1)", "INT64_MAX": "9223372036854775807LL",
    "INT64_MIN": "(-9223372036854775807LL - 1)", "memcpy": "dlc_copy_bytes",
    "memmove": "dlc_move_bytes", "memset": "dlc_set_bytes",
  ]

  // MARK: - Declarations

  /// Cuts tokens where a declaration ends: at a semicolon, or at the end of a function's body.
  private static func split(_ tokens: ArraySlice<CToken>) -> [Declaration] {
    var declarations: [Declaration] = []
    var current: [CToken] = []
    var (braces, parentheses) = (0, 0)
    var isFunction = false
    for token in tokens {
      if token.kind == .punctuator {
        switch token.text {
        case "{":
          if braces == 0 { isFunction = current.last?.isMark(")") == true }
          braces += 1
        case "}": braces -= 1
        case "(": parentheses += 1
        case ")": parentheses -= 1
        default: break
        }
      }
      current.append(renamed(token))
      let isBodyEnd = isFunction && token.isMark("}")
      guard braces == 0, parentheses == 0, token.isMark(";") || isBodyEnd else { continue }
      if let name = name(current) {
        let isType = ["typedef", "struct", "union"].contains(current[0].text)
        declarations.append(
          Declaration(name: name, tokens: current, isType: isType && !isBodyEnd))
      }
      current = []
      isFunction = false
    }
    return declarations
  }

  /// The kernels' functions are called k_NAME where each instruction set has its own.
  private static func renamed(_ token: CToken) -> CToken {
    guard token.kind == .identifier, token.text.hasPrefix("k_") else { return token }
    return CToken(.identifier, "dlc_" + token.text.dropFirst(2))
  }

  private static func name(_ tokens: [CToken]) -> String? {
    if tokens[0].text == "struct" || tokens[0].text == "union", tokens.count > 2,
      tokens[2].isMark("{")
    {
      return tokens[1].text
    }
    let isTypedef = tokens[0].text == "typedef"
    var depth = 0
    var name: String?
    for token in tokens {
      if token.isMark("{") { depth += 1 }
      if token.isMark("}") { depth -= 1 }
      guard depth == 0 else {
        if !isTypedef, token.isMark("{") { break }
        continue
      }
      if token.isMark("(") || token.isMark("=") || token.isMark("[") { break }
      if token.kind == .identifier { name = token.text }
    }
    return name
  }

  // MARK: - What a program reaches

  /// The declarations that the named functions need, in an order in which each is known before use.
  func reachable(from names: some Sequence<String>) -> [Declaration] {
    var found: Set<Int> = []
    var open = names.flatMap { indexOf[$0] ?? [] }
    while let index = open.popLast() {
      guard found.insert(index).inserted else { continue }
      for token in declarations[index].tokens where token.kind == .identifier {
        open += indexOf[token.text] ?? []
      }
    }
    return found.sorted().map { declarations[$0] }
  }

  /// Whether a kernel of that name is there.
  func has(_ name: String) -> Bool { indexOf[name] != nil }
}

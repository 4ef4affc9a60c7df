/// An ONNX operator that can be imported.
struct Operator: Sendable {
  let name: String
  let domain: String
  /// The attributes that `build` knows; a node with another one is not supported.
  let attributes: Set<String>
  /// Appends the operator to the graph being built: one value an output, in the operator's order;
  /// outputs at the end that the node does not name may be left out.
  ///
  /// Throws `UnsupportedUse` for what is right but not supported, `ImportError` for what is wrong.
  let build: @Sendable (OperatorContext) throws -> [ImportedValue]

  init(
    _ name: String, _ attributes: Set<String> = [], domain: String = "",
    build: @escaping @Sendable (OperatorContext) throws -> [ImportedValue]
  ) {
    self.name = name
    self.domain = domain
    self.attributes = attributes
    self.build = build
  }

  /// An operator with one tensor as its result.
  init(
    _ name: String, _ attributes: Set<String> = [], domain: String = "",
    tensor build: @escaping @Sendable (OperatorContext) throws -> ImportedTensor
  ) {
    self.init(name, attributes, domain: domain) { context in [.tensor(try build(context))] }
  }
}

/// A use of an operator that is not supported, and why.
struct UnsupportedUse: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// All operators, by domain and name.
enum OperatorTable {
  static let families: [[Operator]] = [
    unaryOperators, binaryOperators, bitOperators, castOperators, constantOperators,
    shapeOperators, sliceOperators, indexOperators, suppressionOperators, reductionOperators,
    productOperators, controlOperators, sequenceOperators, convolutionOperators, poolingOperators,
    normalizationOperators, softmaxOperators, recurrentOperators, attentionOperators,
    resizeOperators, samplingOperators, quantizationOperators, signalOperators,
    mathematicsOperators, trainingOperators,
  ]

  private static let byName: [String: Operator] = {
    var table: [String: Operator] = [:]
    for family in families {
      for entry in family { table[key(entry.domain, entry.name)] = entry }
    }
    return table
  }()

  static func named(_ name: String, domain: String) -> Operator? { byName[key(domain, name)] }

  /// Every operator's name, with its domain where that is not ONNX's own.
  static var names: [String] { byName.keys.sorted() }

  static func key(_ domain: String, _ name: String) -> String {
    domain.isEmpty || domain == "ai.onnx" ? name : "\(domain).\(name)"
  }
}

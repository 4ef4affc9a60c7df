import GraphIR

/// What an operator sees of its node: operands, attributes and the graph being built.
struct OperatorContext {
  let importer: Importer
  let node: NodeProto
  /// Nil for an operand left out.
  let inputs: [ImportedValue?]
  let scope: ImportScope
  /// Versions of the operator sets by domain, in the graph or function the node is in.
  let opsets: [String: Int]

  var builder: GraphBuilder { importer.builder }
  /// The version of the node's operator set.
  var opset: Int { opsets[node.domain == "ai.onnx" ? "" : node.domain] ?? 1 }
  var outputCount: Int { node.output.count }

  /// Whether the node gives output `index` a name.
  func hasOutput(_ index: Int) -> Bool {
    index < node.output.count && !node.output[index].isEmpty
  }

  // MARK: Operands

  func hasInput(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  func input(_ index: Int) throws -> ImportedValue {
    guard index < inputs.count, let input = inputs[index] else {
      throw wrong("operand \(index) is missing")
    }
    return input
  }

  func tensor(_ index: Int) throws -> ImportedTensor {
    switch try input(index) {
    case .tensor(let tensor): return tensor
    case .optional(.some(.tensor(let tensor))): return tensor
    default: throw wrong("operand \(index) must be a tensor")
    }
  }

  /// The tensor, or nil where the operand is left out.
  func optionalTensor(_ index: Int) throws -> ImportedTensor? {
    hasInput(index) ? try tensor(index) : nil
  }

  func value(_ index: Int) throws -> Value { try tensor(index).value }

  func optionalValue(_ index: Int) throws -> Value? { try optionalTensor(index)?.value }

  /// All operands, for operators that take any number of them.
  func tensors() throws -> [ImportedTensor] { try inputs.indices.map(tensor) }

  // MARK: Values known at compile time

  /// The value of a tensor that must be known now; `role` says in the error what it is.
  func known(_ value: Value, _ role: String) throws -> Tensor {
    guard let tensor = importer.knownValue(value) else {
      throw UnsupportedUse("\(role) must be known at compile time")
    }
    return tensor
  }

  /// The value of operand `index`, if it is known now.
  func knownIfPossible(_ index: Int) throws -> Tensor? {
    try optionalValue(index).flatMap(importer.knownValue)
  }

  /// An operand of integers that must be known now.
  func knownInts(_ index: Int, _ role: String) throws -> [Int] {
    try known(value(index), role).integers
  }

  /// The same for one that may be left out.
  func optionalKnownInts(_ index: Int, _ role: String) throws -> [Int]? {
    hasInput(index) ? try knownInts(index, role) : nil
  }

  func knownDoubles(_ index: Int, _ role: String) throws -> [Double] {
    try known(value(index), role).doubles
  }

  // MARK: Attributes

  func attribute(_ name: String) -> AttributeProto? {
    guard let found = node.attribute.first(where: { $0.name == name }) else { return nil }
    // In a function, an attribute may stand for one of the node that calls it.
    return found.refAttrName.isEmpty ? found : importer.callAttribute(found.refAttrName)
  }

  func int(_ name: String) -> Int? { attribute(name).map { Int(limiting: $0.i) } }
  func int(_ name: String, default value: Int) -> Int { int(name) ?? value }
  func ints(_ name: String) -> [Int]? { attribute(name).map { $0.ints.map(Int.init(limiting:)) } }
  func flag(_ name: String, default value: Bool = false) -> Bool {
    int(name).map { $0 != 0 } ?? value
  }
  func float(_ name: String) -> Double? { attribute(name).map { Double($0.f) } }
  func float(_ name: String, default value: Double) -> Double { float(name) ?? value }
  func floats(_ name: String) -> [Double]? { attribute(name).map { $0.floats.map(Double.init) } }
  func string(_ name: String) -> String? {
    attribute(name).map { String(decoding: $0.s, as: UTF8.self) }
  }
  func strings(_ name: String) -> [String]? {
    attribute(name).map { $0.strings.map { String(decoding: $0, as: UTF8.self) } }
  }
  func requiredInt(_ name: String) throws -> Int {
    guard let value = int(name) else { throw wrong("attribute '\(name)' is missing") }
    return value
  }
  func requiredInts(_ name: String) throws -> [Int] {
    guard let value = ints(name) else { throw wrong("attribute '\(name)' is missing") }
    return value
  }

  /// A subgraph, such as a branch or a loop's body.
  func graph(_ name: String) throws -> GraphProto {
    guard let attribute = attribute(name), attribute.hasG else {
      throw wrong("attribute '\(name)' is missing")
    }
    return attribute.g
  }

  // MARK: Axes and results

  /// An axis counted from the start; -rank..<rank is allowed.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw wrong("axis \(axis) is outside a tensor of \(rank) axes")
    }
    return axis < 0 ? axis + rank : axis
  }

  func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    try axes.map { try axis($0, rank: rank) }
  }

  /// `value` as a tensor of the element type of operand `index`.
  func like(_ index: Int, _ value: Value) throws -> ImportedTensor {
    ImportedTensor(value, try tensor(index).elementType)
  }

  /// A mistake in the node.
  func wrong(_ message: String) -> ImportError {
    .node(importer.describe(node), message: message)
  }

  /// A constant of a shape: every element the same.
  func filled(_ value: Double, _ dtype: DType, _ shape: Shape) -> Value {
    builder.constant(value, dtype).broadcast(to: shape)
  }

  func constant(_ values: [Int], _ shape: Shape? = nil) -> Value {
    let shape = shape ?? Shape([values.count])
    return builder.constant(Tensor(values.map(Int64.init), shape: shape))
  }
}

extension Tensor {
  /// The elements as integers, floats toward zero, all within `Int.limited`.
  var integers: [Int] {
    switch dtype {
    case .i64: values(as: Int64.self).map(Int.init(limiting:))
    case .i32: values(as: Int32.self).map { Int($0) }
    default: doubles.map { Int(limiting: Int64(exactly: $0.rounded(.towardZero)) ?? 0) }
    }
  }
}

extension Int {
  /// An integer of a file, brought into ±2^50: beyond every size and place that there can be, and
  /// small enough for sums and differences not to overflow. Files write 2^63 - 1 for "to the end".
  init(limiting value: Int64) {
    self = Int(Swift.min(Swift.max(value, -(1 << 50)), 1 << 50))
  }
}

import GraphIR

/// Makes the nodes of an ONNX model into nodes of a graph, one after another.
///
/// Branches and loops are unrolled, functions expanded in place: what they depend on must be known
/// at compile time. What is not supported is collected and thrown at the end, all at once.
final class Importer {
  let builder: GraphBuilder
  let options: ImportOptions
  /// Values of variables by name, in storage types.
  var weights: [String: Tensor] = [:]
  private let path: String
  private let functions: [String: FunctionProto]
  private var evaluator: StaticEvaluator
  private var problems: [UnsupportedNode] = []
  /// Attributes of the function calls around, innermost last.
  private var calls: [[String: AttributeProto]] = []
  private var depth = 0
  private var nodeCount = 0

  /// Deeper nesting of graphs and functions is a mistake, or meant to harm.
  private static let greatestDepth = 64
  /// Loops unroll to more nodes only by mistake.
  private static let mostNodes = 2_000_000

  init(_ loaded: LoadedModel, options: ImportOptions) {
    let model = loaded.model
    path = loaded.path
    builder = GraphBuilder(loaded.name)
    self.options = options
    evaluator = StaticEvaluator(known: options.inputs.mapValues(\.tensor))
    functions = Dictionary(
      model.functions.map { (Importer.key($0.domain, $0.name, $0.overload), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Inputs whose values were used.
  var baked: Set<String> { evaluator.read }

  private static func key(_ domain: String, _ name: String, _ overload: String) -> String {
    let domain = domain == "ai.onnx" ? "" : domain
    return "\(domain)\u{0}\(name)\u{0}\(overload)"
  }

  /// The nodes of a graph in `scope`, and then its outputs' values.
  func outputs(
    of graph: GraphProto, in scope: ImportScope, opsets: [String: Int]
  ) throws -> [ImportedValue] {
    for initializer in graph.initializer {
      scope.define(initializer.name, initializer: try tensor(initializer))
    }
    for initializer in graph.sparseInitializer {
      scope.define(initializer.values.name, initializer: try tensor(initializer))
    }
    try append(graph.node, in: scope, opsets: opsets)
    return try graph.output.map { output in
      guard let value = try value(output.name, in: scope) else {
        throw ImportError.graph("output '\(output.name)' is computed by no node")
      }
      return value
    }
  }

  /// A subgraph with these values for its inputs, such as a loop's body.
  func outputs(
    of graph: GraphProto, inputs: [ImportedValue], in context: OperatorContext
  ) throws -> [ImportedValue] {
    guard inputs.count <= graph.input.count else {
      throw context.wrong("its graph takes \(graph.input.count) values, not \(inputs.count)")
    }
    let scope = ImportScope(parent: context.scope)
    for (input, value) in zip(graph.input, inputs) { scope.define(input.name, value) }
    return try nested { try outputs(of: graph, in: scope, opsets: context.opsets) }
  }

  /// A tensor of the file.
  func tensor(_ proto: TensorProto) throws -> ONNXTensor { try ONNXTensor(proto, file: path) }

  /// A sparse tensor of the file, with its zeros.
  func tensor(_ proto: SparseTensorProto) throws -> ONNXTensor {
    try ONNXTensor(proto, file: path)
  }

  /// Throws what was found unsupported, if anything was.
  func finish() throws {
    if !problems.isEmpty { throw ImportError.unsupported(problems) }
  }

  /// A node as a person would find it.
  func describe(_ node: NodeProto) -> String {
    let domain = node.domain.isEmpty || node.domain == "ai.onnx" ? "" : "\(node.domain)."
    let name = node.name.isEmpty ? node.output.first { !$0.isEmpty } ?? "" : node.name
    return "node '\(name)' (\(domain)\(node.opType))"
  }

  /// An attribute of the function call around.
  func callAttribute(_ name: String) -> AttributeProto? { calls.last?[name] }

  /// The value of what depends on nothing but known tensors.
  func knownValue(_ value: Value) -> Tensor? {
    guard value.isValid else { return nil }
    return evaluator.value(of: value.id, in: builder.graph, weights: weights)
  }

  // MARK: Nodes

  private func append(
    _ nodes: [NodeProto], in scope: ImportScope, opsets: [String: Int]
  ) throws {
    for node in nodes {
      nodeCount += 1
      guard nodeCount <= Self.mostNodes else {
        throw ImportError.graph("loops unroll to more than \(Self.mostNodes) nodes")
      }
      let results = try results(of: node, in: scope, opsets: opsets)
      for (place, name) in node.output.enumerated() where !name.isEmpty {
        guard place < results.count else {
          problems.append(.init(node: describe(node), reason: "output \(place) is not supported"))
          scope.define(name, .unsupported)
          continue
        }
        let result = results[place].narrowed(in: builder.graph)
        label(result, name)
        scope.define(name, result)
      }
    }
  }

  private func results(
    of node: NodeProto, in scope: ImportScope, opsets: [String: Int]
  ) throws -> [ImportedValue] {
    let inputs = try node.input.map { name -> ImportedValue? in
      guard !name.isEmpty else { return nil }
      guard let value = try value(name, in: scope) else {
        throw ImportError.node(describe(node), message: "nothing is named '\(name)' before it")
      }
      return value
    }
    let unsupported = [ImportedValue](repeating: .unsupported, count: node.output.count)
    let function = functions[Importer.key(node.domain, node.opType, node.overload)]
    let known = function == nil ? try supported(node) : nil
    if inputs.contains(where: { $0?.isUnsupported ?? false }) { return unsupported }
    let context = OperatorContext(
      importer: self, node: node, inputs: inputs, scope: scope, opsets: opsets)
    let results: [ImportedValue]
    do {
      if let function {
        results = try call(function, context)
      } else if let known {
        results = try builder.located(file: describe(node), line: nodeCount) {
          Result { try known.build(context) }
        }.get()
      } else {
        return unsupported
      }
    } catch let use as UnsupportedUse {
      problems.append(.init(node: describe(node), reason: use.reason))
      return unsupported
    }
    if let failure = builder.failure {
      throw ImportError.node(describe(node), message: failure.message)
    }
    return results
  }

  /// The node's operator; nil, and noted, where there is none or it has attributes of its own.
  private func supported(_ node: NodeProto) throws -> Operator? {
    guard let known = OperatorTable.named(node.opType, domain: node.domain) else {
      problems.append(.init(node: describe(node), reason: "the operator is not supported"))
      return nil
    }
    let other = node.attribute.map(\.name).filter { !known.attributes.contains($0) }
    guard other.isEmpty else {
      let list = other.map { "'\($0)'" }.joined(separator: ", ")
      let noun = other.count == 1 ? "attribute" : "attributes"
      problems.append(.init(node: describe(node), reason: "\(noun) \(list) not supported"))
      return nil
    }
    return known
  }

  private func call(
    _ function: FunctionProto, _ context: OperatorContext
  ) throws -> [ImportedValue] {
    guard context.inputs.count <= function.input.count else {
      throw context.wrong(
        "function '\(function.name)' takes \(function.input.count) operands, "
          + "not \(context.inputs.count)")
    }
    let scope = ImportScope()
    for (name, value) in zip(function.input, context.inputs) {
      if let value { scope.define(name, value) }
    }
    for name in function.input.dropFirst(context.inputs.count) {
      scope.define(name, .optional(nil))
    }
    var attributes: [String: AttributeProto] = [:]
    for attribute in function.attributeProto { attributes[attribute.name] = attribute }
    for name in context.node.attribute.map(\.name) {
      attributes[name] = context.attribute(name)
    }
    var opsets = context.opsets
    for entry in function.opsetImport { opsets[entry.domain] = Int(entry.version) }
    calls.append(attributes)
    defer { calls.removeLast() }
    return try nested {
      try append(function.node, in: scope, opsets: opsets)
      return try function.output.map { name in
        guard let value = try value(name, in: scope) else {
          throw context.wrong("function '\(function.name)' computes no '\(name)'")
        }
        return value
      }
    }
  }

  private func nested<Result>(_ body: () throws -> Result) throws -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.greatestDepth else {
      throw ImportError.graph(
        "graphs and functions are nested more than \(Self.greatestDepth) deep")
    }
    return try body()
  }

  // MARK: Values

  func value(_ name: String, in scope: ImportScope) throws -> ImportedValue? {
    try scope.value(name) { name, tensor in .tensor(try materialize(name, tensor)) }
  }

  /// An initializer as a variable if it may be trained or is large, else as a constant.
  private func materialize(_ name: String, _ tensor: ONNXTensor) throws -> ImportedTensor {
    keep(tensor, name: name, mayTrain: true)
  }

  /// A tensor of the file as a variable if it may be trained or is large, else as a constant.
  func keep(_ tensor: ONNXTensor, name: String, mayTrain: Bool) -> ImportedTensor {
    let type = tensor.tensor.type
    let isWeight = mayTrain && type.dtype.isFloat && type.shape.rank > 0
    guard isWeight || type.shape.count > Self.largestConstant else {
      return ImportedTensor(builder.constant(tensor.tensor), tensor.elementType)
    }
    var key = name
    // Graphs inside graphs have names of their own.
    while weights[key] != nil { key += "'" }
    weights[key] = tensor.tensor
    let role: Variable.Role = isWeight && options.isTrainable(key) ? .parameter : .state
    let value = builder.variable(
      key, type.dtype, type.shape, role: role, initializer: .zeros)
    return ImportedTensor(value, tensor.elementType)
  }

  /// More elements are kept as data beside the graph.
  private static let largestConstant = 1024

  private func label(_ value: ImportedValue, _ name: String) {
    guard case .tensor(let tensor) = value, tensor.value.isValid,
      builder.graph[tensor.value.id].label.isEmpty
    else { return }
    _ = tensor.value.named(name)
  }
}

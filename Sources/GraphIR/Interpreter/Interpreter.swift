/// Runs a graph node by node in double precision, from each op's reference: the oracle for
/// everything that is compiled.
public struct Interpreter: Sendable {
  public let graph: Graph
  /// The variables' present values, by name.
  public var variables: [String: ReferenceTensor] = [:]

  /// Variables start as their initializers say, drawn with `seed`. Throws where one does not fit.
  public init(_ graph: Graph, seed: Int = 0) throws {
    self.init(uninitialized: graph)
    guard !graph.variables.isEmpty else { return }
    var first = Interpreter(uninitialized: try graph.initialization)
    for (_, variable) in graph.variables {
      let zeros = [Double](repeating: 0, count: variable.type.shape.count)
      first.variables[variable.key] = ReferenceTensor(variable.type, zeros)
    }
    let key = Graph.initializationKey(seed: seed)
    _ = try first.run(inputs: [Graph.initializationKey: key])
    // A variable holds what its element type can.
    variables = first.variables.mapValues { value in
      ReferenceTensor(value.type, Tensor(value.type, doubles: value.values).doubles)
    }
  }

  private init(uninitialized graph: Graph) { self.graph = graph }

  /// Runs the graph once: every output by name. Updates take effect together at the end.
  public mutating func run(inputs: [String: Tensor]) throws(InterpreterError)
    -> [String: ReferenceTensor]
  {
    try run(references: inputs.mapValues { ReferenceTensor($0.type, $0.doubles) })
  }

  /// `run` with inputs in double precision whatever their element type.
  public mutating func run(references inputs: [String: ReferenceTensor]) throws(InterpreterError)
    -> [String: ReferenceTensor]
  {
    let values = try evaluate(inputs)
    for update in graph.updates {
      if let variable = graph[update.variable].op as? Variable {
        variables[variable.key] = values[update.value.index]
      }
    }
    let outputs = graph.outputs.map { ($0.name, values[$0.value.index]) }
    return Dictionary(outputs, uniquingKeysWith: { first, _ in first })
  }

  /// The value of every node, in the graph's order. Variables keep their values.
  public func evaluate(_ inputs: [String: ReferenceTensor]) throws(InterpreterError)
    -> [ReferenceTensor]
  {
    try check(inputs)
    var values: [ReferenceTensor] = []
    values.reserveCapacity(graph.nodes.count)
    for node in graph.nodes {
      if let input = node.op as? Input, let value = inputs[input.key] {
        values.append(value)
      } else if let variable = node.op as? Variable {
        guard let value = variables[variable.key] else {
          throw .variable(variable.key, expected: variable.type, given: nil)
        }
        values.append(value)
      } else {
        let operands = node.operands.map { values[$0.index] }
        values.append(ReferenceTensor(node.type, node.op.reference(operands, node.type)))
      }
    }
    return values
  }

  private func check(_ inputs: [String: ReferenceTensor]) throws(InterpreterError) {
    let expected = graph.inputs.map(\.input)
    for input in expected {
      guard let given = inputs[input.key] else { throw .missing(input.key, input.type) }
      guard given.type == input.type else {
        throw .type(input.key, expected: input.type, given: given.type)
      }
    }
    let names = Set(expected.map(\.key))
    if let unknown = inputs.keys.filter({ !names.contains($0) }).min() {
      throw .unknown(unknown, known: expected.map(\.key))
    }
    for (_, variable) in graph.variables {
      let given = variables[variable.key]?.type
      guard given == variable.type else {
        throw .variable(variable.key, expected: variable.type, given: given)
      }
    }
  }
}

/// What was given to a graph does not fit it.
public enum InterpreterError: Error, Hashable, CustomStringConvertible {
  case missing(String, TensorType)
  case type(String, expected: TensorType, given: TensorType)
  case unknown(String, known: [String])
  case variable(String, expected: TensorType, given: TensorType?)

  public var description: String {
    switch self {
    case .missing(let name, let type): "input '\(name)' (\(type)) is missing"
    case .type(let name, let expected, let given):
      "input '\(name)' must be \(expected), not \(given)"
    case .unknown(let name, let known):
      known.isEmpty
        ? "there is no input '\(name)': the graph takes none"
        : "there is no input '\(name)', only " + known.joined(separator: ", ")
    case .variable(let name, let expected, let given):
      "variable '\(name)' must be \(expected), not \(given.map(\.description) ?? "missing")"
    }
  }
}

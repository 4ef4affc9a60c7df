/// Builds a graph node by node, inferring and checking types as it goes.
///
/// The first mistake is remembered with the line that made it, values that depend on it are
/// poisoned, and `build` throws it: model code needs no `try` a line.
public final class GraphBuilder {
  public private(set) var graph: Graph
  /// The first mistake made.
  public private(set) var failure: BuildError?
  private var scope: [String] = []
  private var location: SourceLocation?
  private var declared = Declarations()

  public init(_ name: String) { graph = Graph(name: name) }

  /// Continues a graph: values of it stay valid.
  public init(continuing graph: Graph) {
    self.graph = graph
    for node in graph.nodes { declared.note(node.op) }
    declared.outputs = Set(graph.outputs.map(\.name))
  }

  /// The finished graph. Throws the first mistake made while building.
  public func build() throws(BuildError) -> Graph {
    if let failure { throw failure }
    return graph
  }

  /// A tensor given at every run.
  public func input(
    _ name: String, _ dtype: DType = .f32, _ shape: Shape, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    let here = SourceLocation(file: file, line: line)
    if declared.inputs.contains(name) {
      return fail("input '\(name)' is declared twice", at: here)
    }
    if !shape.isValid {
      return fail("input '\(name)': shape \(shape) is outside the limits", at: here)
    }
    return append(Input(name, TensorType(dtype, shape)), [], label: name, at: here)
  }

  /// A tensor that persists from run to run; the name is prefixed by the scopes around.
  public func variable(
    _ name: String, _ dtype: DType = .f32, _ shape: Shape,
    role: Variable.Role = .parameter, initializer: Initializer, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    let here = SourceLocation(file: file, line: line)
    let key = (scope + [name]).joined(separator: ".")
    if declared.variables.contains(key) {
      return fail("variable '\(key)' is declared twice", at: here)
    }
    if !shape.isValid {
      return fail("variable '\(key)': shape \(shape) is outside the limits", at: here)
    }
    let op = Variable(key, TensorType(dtype, shape), role: role, initializer: initializer)
    return append(op, [], label: key, at: here)
  }

  public func constant(_ value: Double, _ dtype: DType = .f32) -> Value {
    append(Constant(value, dtype), [])
  }

  public func constant(_ tensor: Tensor) -> Value { append(Constant(tensor), []) }

  /// Makes `value` a result of the graph.
  public func output(_ name: String, _ value: Value) {
    guard value.isValid else { return }
    guard declared.outputs.insert(name).inserted else {
      _ = fail("output '\(name)' is declared twice", at: nil)
      return
    }
    graph.outputs.append(.init(name: name, value: value.id))
  }

  /// Leaves `value` in `variable` at the end of the run.
  public func update(_ variable: Value, to value: Value) {
    guard variable.isValid, value.isValid else { return }
    guard graph[variable.id].op is Variable, variable.type == value.type else {
      _ = fail("update: \(graph.describe(variable.id)) cannot hold \(value.type)", at: nil)
      return
    }
    graph.updates.append(.init(variable: variable.id, value: value.id))
  }

  /// Makes a variable one that no optimizer trains, whatever it was declared as; another value
  /// stays as it is.
  public func makeState(_ variable: Value) {
    guard variable.isValid, let declared = graph[variable.id].op as? Variable else { return }
    graph[variable.id].op = Variable(
      declared.key, declared.type, role: .state, initializer: declared.initializer)
  }

  /// Names made inside `body` start with `name` and a dot.
  public func scope<Result>(_ name: String, _ body: () -> Result) -> Result {
    scope.append(name)
    defer { scope.removeLast() }
    return body()
  }

  /// Nodes made inside `body` by operators, which cannot see their line, are placed here.
  public func located<Result>(file: String, line: Int, _ body: () -> Result) -> Result {
    let outer = location
    if location == nil { location = SourceLocation(file: file, line: line) }
    defer { location = outer }
    return body()
  }

  /// The value of a node of the graph being built.
  public func value(_ id: NodeID) -> Value { Value(builder: self, id: id) }

  /// Applies `op`; `here` is its place unless a scope around has one.
  public func append(
    _ op: any Op, _ operands: [Value], label: String = "", at here: SourceLocation? = nil
  ) -> Value {
    guard failure == nil, operands.allSatisfy(\.isValid) else { return poisoned }
    let place = location ?? here ?? operands.last.flatMap { graph[$0.id].location }
    do {
      let id = try graph.append(op, operands.map(\.id), label: label, location: place)
      guard graph[id].type.shape.isValid else {
        graph.nodes.removeLast()
        return fail("\(op.name): result is larger than the limits", at: place)
      }
      declared.note(op)
      return Value(builder: self, id: id)
    } catch {
      let given = operands.map { graph.describe($0.id) }.joined(separator: "; ")
      return fail("\(op.name): \(error.description); operands: \(given)", at: place)
    }
  }

  /// Adds a node of another graph as it is, its operands already values of this one.
  func adopt(_ node: Node) -> NodeID {
    declared.note(node.op)
    graph.nodes.append(node)
    return NodeID(graph.nodes.count - 1)
  }

  /// Makes room for so many nodes.
  func reserveCapacity(_ count: Int) { graph.nodes.reserveCapacity(count) }

  /// Takes back the nodes from `start` on, to which nothing before refers.
  func withdraw(from start: Int) -> [Node] {
    let nodes = Array(graph.nodes[start...])
    graph.nodes.removeSubrange(start...)
    return nodes
  }

  /// A stream that no random op so far uses.
  var freeStream: Int { declared.freeStream }

  func setLabel(_ id: NodeID, _ label: String) { graph[id].label = label }

  /// Remembers the first mistake.
  func fail(_ message: String, at place: SourceLocation?) -> Value {
    if failure == nil { failure = BuildError(message: message, location: place ?? location) }
    return poisoned
  }

  private var poisoned: Value { Value(builder: self, id: NodeID(-1)) }
}

/// What a graph has declared, by name: looking through 100,000 nodes for each would be quadratic.
private struct Declarations {
  var inputs: Set<String> = []
  var variables: Set<String> = []
  var outputs: Set<String> = []
  /// Above every stream of random numbers in use.
  var freeStream = 0

  mutating func note(_ op: any Op) {
    // Casts are slow, and of a thousand nodes few declare something.
    let type = type(of: op)
    guard type == Input.self || type == Variable.self || type == Random.self else { return }
    switch op {
    case let input as Input: inputs.insert(input.key)
    case let variable as Variable: variables.insert(variable.key)
    case let random as Random: freeStream = max(freeStream, random.stream + 1)
    default: break
    }
  }
}

/// A graph was built wrongly; the place is the line of the model's source.
public struct BuildError: Error, Hashable, CustomStringConvertible {
  public let message: String
  public let location: SourceLocation?

  public init(message: String, location: SourceLocation?) {
    self.message = message
    self.location = location
  }

  public var description: String { (location.map { "\($0): " } ?? "") + message }
}

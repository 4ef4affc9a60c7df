/// A value's place in its graph: the index of the node that computes it.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let index: Int
  public init(_ index: Int) { self.index = index }
  public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
  public var description: String { "%\(index)" }
}

/// The line of the user's program that made a node.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let line: Int

  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  public var description: String { "\(file):\(line)" }
}

/// One operation applied to earlier values.
public struct Node: Sendable {
  public var op: any Op
  public var operands: [NodeID]
  public var type: TensorType
  /// A name for people, such as the layer's; empty for none. Need not be unique.
  public var label: String
  public var location: SourceLocation?

  public init(
    op: any Op, operands: [NodeID], type: TensorType, label: String = "",
    location: SourceLocation? = nil
  ) {
    self.op = op
    self.operands = operands
    self.type = type
    self.label = label
    self.location = location
  }
}

/// A static graph: nodes in execution order, what it returns, and what it leaves in its variables.
///
/// Running it reads inputs and variables, computes the nodes, and then gives every updated
/// variable its new value at once: no node sees a variable after its update.
public struct Graph: Sendable {
  public struct Output: Hashable, Sendable {
    public var name: String
    public var value: NodeID
    public init(name: String, value: NodeID) {
      self.name = name
      self.value = value
    }
  }

  public struct Update: Hashable, Sendable {
    /// The node of the variable.
    public var variable: NodeID
    public var value: NodeID
    public init(variable: NodeID, value: NodeID) {
      self.variable = variable
      self.value = value
    }
  }

  public var name: String
  public var nodes: [Node]
  public var outputs: [Output]
  public var updates: [Update]

  public init(
    name: String, nodes: [Node] = [], outputs: [Output] = [], updates: [Update] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.outputs = outputs
    self.updates = updates
  }

  /// Yields the node in place: most readers want one field, and a copy retains five.
  public subscript(id: NodeID) -> Node {
    _read { yield nodes[id.index] }
    _modify { yield &nodes[id.index] }
  }

  /// Every node's id, in execution order.
  public var ids: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map(NodeID.init) }

  /// The types of a node's operands.
  public func operandTypes(_ id: NodeID) -> [TensorType] {
    self[id].operands.map { self[$0].type }
  }

  /// Adds a node whose type is inferred from its operands.
  public mutating func append(
    _ op: any Op, _ operands: [NodeID], label: String = "", location: SourceLocation? = nil
  ) throws(OpError) -> NodeID {
    let type = try op.resultType(operands.map { self[$0].type })
    nodes.append(Node(op: op, operands: operands, type: type, label: label, location: location))
    return NodeID(nodes.count - 1)
  }

  public var inputs: [(id: NodeID, input: Input)] {
    ids.compactMap { id in (self[id].op as? Input).map { (id, $0) } }
  }

  public var variables: [(id: NodeID, variable: Variable)] {
    ids.compactMap { id in (self[id].op as? Variable).map { (id, $0) } }
  }

  public func output(_ name: String) -> NodeID? { outputs.first { $0.name == name }?.value }

  /// How a person would find the node: label, id, op, type and where it was made.
  public func describe(_ id: NodeID) -> String {
    let node = self[id]
    let label = node.label.isEmpty ? "" : " '\(node.label)'"
    let place = node.location.map { " (\($0))" } ?? ""
    return "\(id)\(label) = \(node.op.name): \(node.type)\(place)"
  }
}

extension Graph {
  /// The graph built anew, node by node in execution order, with what `rule` puts for each node.
  ///
  /// `rule` gets a node's id in this graph, the node with its operands in the new one, and the
  /// builder of the new one. It returns nil to keep the node, an earlier value, or one that it
  /// built; what it builds is placed at the node's line, and its result takes the node's label.
  /// Inputs and variables must be kept. Linear in the number of nodes. With `candidate`, only nodes
  /// of which it is true are given to `rule`, and a graph that has none is returned as it is.
  func rewritten(
    by pass: String, where candidate: (Node) -> Bool = { _ in true },
    _ rule: (_ id: NodeID, _ node: Node, _ builder: GraphBuilder) -> Value?
  ) -> Graph {
    guard nodes.contains(where: candidate) else { return self }
    let builder = GraphBuilder(name)
    builder.reserveCapacity(nodes.count)
    var moved: [NodeID] = []
    moved.reserveCapacity(nodes.count)
    for (index, source) in nodes.enumerated() {
      var node = source
      node.moveOperands(moved)
      guard candidate(source) else {
        moved.append(builder.adopt(node))
        continue
      }
      let count = builder.graph.nodes.count
      let value = builder.located(node.location) { rule(NodeID(index), node, builder) }
      if let failure = builder.failure {
        preconditionFailure("\(pass): \(failure) at \(describe(NodeID(index)))")
      }
      guard let value else {
        moved.append(builder.adopt(node))
        continue
      }
      precondition(value.type == node.type, "\(pass): \(value.type), not \(node.type)")
      if value.id.index >= count { builder.lend(node.label, to: value.id) }
      moved.append(value.id)
    }
    var graph = builder.graph
    graph.take(results: self) { moved[$0.index] }
    return graph
  }

  /// Outputs and updates of `other`, its nodes' ids replaced.
  mutating func take(results other: Graph, _ moved: (NodeID) -> NodeID) {
    outputs = other.outputs.map { Output(name: $0.name, value: moved($0.value)) }
    updates = other.updates.map {
      Update(variable: moved($0.variable), value: moved($0.value))
    }
  }

  /// Whether the other graph has the same nodes, outputs and updates in the same order.
  func isIdentical(to other: Graph) -> Bool {
    guard nodes.count == other.nodes.count, outputs == other.outputs, updates == other.updates
    else { return false }
    return zip(nodes, other.nodes).allSatisfy { a, b in
      a.operands == b.operands && a.type == b.type && a.label == b.label && a.op.isEqual(to: b.op)
    }
  }

  /// How many operands, outputs and updates refer to each node.
  var useCounts: [Int] {
    var counts = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for operand in node.operands { counts[operand.index] += 1 }
    }
    for output in outputs { counts[output.value.index] += 1 }
    for update in updates { counts[update.value.index] += 1 }
    return counts
  }
}

extension Node {
  /// Replaces every operand's id by its entry in `moved`. Where all stay, nothing is copied.
  mutating func moveOperands(_ moved: [NodeID]) {
    for place in operands.indices where moved[operands[place].index] != operands[place] {
      operands[place] = moved[operands[place].index]
    }
  }

  /// Whether the node is an input or a variable. Types are compared, which unlike a cast is free.
  var isInterface: Bool {
    let type = Swift.type(of: op)
    return type == Input.self || type == Variable.self
  }
}

extension Op {
  /// Whether the other is the same op with the same attributes.
  func isEqual(to other: any Op) -> Bool { (other as? Self) == self }
}

extension GraphBuilder {
  /// Gives a node a label, unless it has one of its own.
  func lend(_ label: String, to id: NodeID) {
    if !label.isEmpty, graph[id].label.isEmpty { setLabel(id, label) }
  }
}

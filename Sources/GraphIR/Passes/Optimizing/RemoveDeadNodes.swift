extension Pass {
  static let removeDeadNodes = Pass(
    "removeDeadNodes", "At the end, when nothing more can lose its last use."
  ) { $0.withoutDeadNodes }
}

extension Graph {
  /// The graph without nodes that no output and no update needs. Inputs and variables stay: they
  /// are the graph's interface.
  var withoutDeadNodes: Graph {
    var isLive = nodes.map(\.isInterface)
    for output in outputs { isLive[output.value.index] = true }
    for update in updates { isLive[update.value.index] = true }
    for index in nodes.indices.reversed() where isLive[index] {
      for operand in nodes[index].operands { isLive[operand.index] = true }
    }
    guard isLive.contains(false) else { return self }
    var result = Graph(name: name)
    result.nodes.reserveCapacity(nodes.count)
    var moved = ids.map { $0 }
    for (index, node) in nodes.enumerated() where isLive[index] {
      moved[index] = NodeID(result.nodes.count)
      var node = node
      node.moveOperands(moved)
      result.nodes.append(node)
    }
    result.take(results: self) { moved[$0.index] }
    return result
  }
}

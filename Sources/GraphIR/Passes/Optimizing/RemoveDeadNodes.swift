extension Pass {
  static let removeDeadNodes = Pass(
    "removeDeadNodes", "At the end, when nothing more can lose its last use."
  ) { $0.withoutDeadNodes }
}

extension Graph {
  /// The graph without nodes that no output and no update needs. Inputs and variables stay: they
  /// are the graph's interface.
  var withoutDeadNodes: Graph {
    var isLive = nodes.map { $0.op is Input || $0.op is Variable }
    for output in outputs { isLive[output.value.index] = true }
    for update in updates { isLive[update.value.index] = true }
    for index in nodes.indices.reversed() where isLive[index] {
      for operand in nodes[index].operands { isLive[operand.index] = true }
    }
    var result = Graph(name: name)
    var moved = ids.map { $0 }
    for (index, node) in nodes.enumerated() where isLive[index] {
      moved[index] = NodeID(result.nodes.count)
      var node = node
      node.operands = node.operands.map { moved[$0.index] }
      result.nodes.append(node)
    }
    result.take(results: self) { moved[$0.index] }
    return result
  }
}

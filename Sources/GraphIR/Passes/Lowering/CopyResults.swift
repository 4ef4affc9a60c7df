extension Pass {
  static let copyResults = Pass(
    "copyResults",
    "Results need memory of their own; last, or a copy would be taken for its source.",
    completes: .fused
  ) { graph in
    var result = graph
    var copies: [NodeID: NodeID] = [:]
    for index in result.outputs.indices {
      let value = result.outputs[index].value
      guard result.isSource(value) else { continue }
      let copy = copies[value] ?? result.copy(value)
      copies[value] = copy
      result.outputs[index].value = copy
    }
    // A variable that is given its own value has no update.
    result.updates.removeAll { $0.value == $0.variable }
    var taken: Set<NodeID> = []
    for index in result.updates.indices {
      let value = result.updates[index].value
      if result.isSource(value) || taken.contains(value) {
        result.updates[index].value = result.copy(value)
      }
      taken.insert(result.updates[index].value)
    }
    return result
  }
}

extension Graph {
  fileprivate func isSource(_ id: NodeID) -> Bool {
    self[id].op.computation(operandTypes(id)) == .source
  }

  /// A copy of a value: to the code generator, `stop_gradient` is one.
  fileprivate mutating func copy(_ id: NodeID) -> NodeID {
    let (type, location) = (self[id].type, self[id].location)
    nodes.append(
      Node(op: Elementwise("stop_gradient"), operands: [id], type: type, location: location))
    return NodeID(nodes.count - 1)
  }
}

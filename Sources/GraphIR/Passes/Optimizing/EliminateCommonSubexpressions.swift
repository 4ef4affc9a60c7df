extension Pass {
  /// Computes equal ops of equal operands once.
  package static func eliminateCommonSubexpressions(_ reason: String) -> Pass {
    Pass("eliminateCommonSubexpressions", reason) { graph in
      var known: [Expression: NodeID] = [:]
      return graph.rewritten(by: "eliminateCommonSubexpressions") { _, node, builder in
        if node.isInterface { return nil }
        let expression = Expression(op: node.op, operands: node.operands, type: node.type)
        if let first = known[expression] { return builder.value(first) }
        known[expression] = NodeID(builder.graph.nodes.count)
        return nil
      }
    }
  }
}

/// What decides a value. Random numbers too: an equal key, stream and type give equal numbers.
private struct Expression: Hashable {
  let op: any Op
  let operands: [NodeID]
  let type: TensorType

  package static func == (a: Expression, b: Expression) -> Bool {
    a.operands == b.operands && a.type == b.type && a.op.isEqual(to: b.op)
  }

  func hash(into hasher: inout Hasher) {
    op.hash(into: &hasher)
    hasher.combine(operands)
  }
}

/// One equation, applied from left to right.
package struct Rewrite: Sendable {
  /// The equation, as people write it.
  package let name: String
  /// The ops on its left side's outside; none for any op.
  let heads: [String]
  /// The value on the right side, or nil where the left side does not match. It builds nothing
  /// when it does not match.
  let apply: @Sendable (RewriteSite) -> Value?

  package init(
    _ name: String, _ heads: [String], apply: @escaping @Sendable (RewriteSite) -> Value?
  ) {
    self.name = name
    self.heads = heads
    self.apply = apply
  }

  /// Every equation of `simplify`.
  package static let all = arithmetic + choices + views + crops + broadcasts + reductions
}

/// The node on which a rewrite is tried; its operands are simplified already.
package struct RewriteSite {
  let builder: GraphBuilder
  package let node: Node

  var type: TensorType { node.type }

  package subscript(place: Int) -> Value { builder.value(node.operands[place]) }

  /// The node of a value.
  func definition(_ value: Value) -> Node { builder.graph[value.id] }

  /// The operand of the node of `value`, if that applies the op `name`.
  func operand(of value: Value, _ name: String) -> Value? {
    let node = definition(value)
    return node.op.name == name ? builder.value(node.operands[0]) : nil
  }

  /// The one number that every element of the operand is, as far as the graph shows.
  func scalar(_ place: Int) -> Double? {
    var node = definition(self[place])
    while node.op is Broadcast || node.op is Reshape { node = builder.graph[node.operands[0]] }
    return (node.op as? Constant)?.scalar
  }

  /// The operand of two whose other one is `number` everywhere, in the shape of the result.
  func other(than number: Double) -> Value? {
    if scalar(1) == number { return fit(self[0]) }
    return scalar(0) == number ? fit(self[1]) : nil
  }

  /// A value repeated to the shape of the result.
  func fit(_ value: Value) -> Value { value.broadcast(to: type.shape) }

  /// The node's op on other operands.
  func again(_ operands: [Value]) -> Value { builder.append(node.op, operands) }
}

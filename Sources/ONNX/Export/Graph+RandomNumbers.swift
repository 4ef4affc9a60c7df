import GraphIR

extension Graph {
  /// The random numbers that the graph draws stored in it, where their key is known: where it is
  /// made of constants and of variables.
  ///
  /// No other library draws the same ones.
  func withKnownRandomNumbers(_ values: [String: Tensor]) -> Graph {
    guard nodes.contains(where: { $0.op is Random }) else { return self }
    var result = self
    var known: [Int: ReferenceTensor] = [:]
    for (index, node) in nodes.enumerated() {
      if let op = node.op as? Random {
        guard let key = known[node.operands[0].index] else { continue }
        // A second operand lends its shape only, which the node's type has.
        let numbers = op.reference([key], node.type)
        result.nodes[index].op = Constant(Tensor(node.type, doubles: numbers))
        result.nodes[index].operands = []
      } else if node.type.shape.count <= Graph.largestKey {
        known[index] = value(of: node, known, values)
      }
    }
    return result
  }

  /// Elements that anything on the way to a key may have.
  private static let largestKey = 64

  private func value(
    of node: Node, _ known: [Int: ReferenceTensor], _ values: [String: Tensor]
  ) -> ReferenceTensor? {
    switch node.op {
    case is Input: return nil
    case let op as Variable:
      guard let tensor = values[op.key] ?? op.initializer.known(op.type) else { return nil }
      return tensor.type == op.type ? ReferenceTensor(op.type, tensor.doubles) : nil
    default:
      let operands = node.operands.compactMap { known[$0.index] }
      guard operands.count == node.operands.count else { return nil }
      return ReferenceTensor(node.type, node.op.reference(operands, node.type))
    }
  }
}

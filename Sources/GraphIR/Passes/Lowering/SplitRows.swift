extension Pass {
  static let splitRows = Pass(
    "splitRows", "A kernel of whole rows needs them in cache; longer ones go piece by piece."
  ) { graph in
    graph.rewritten(by: "splitRows") { _, node, builder in
      guard let length = node.type.shape.dims.last,
        length > Normalize.longestRow || node.type.shape.count == 0
      else { return nil }
      let operands = node.operands.map(builder.value)
      switch node.op {
      case let op as Normalize: return operands[0].plainNormalize(epsilon: op.epsilon)
      case let op as NormalizeGradient:
        return operands[0].plainNormalizeGradient(operands[1], epsilon: op.epsilon)
      default: return nil
      }
    }
  }
}

extension Pass {
  static let splitRows = Pass(
    "splitRows", "A kernel of whole rows needs them in cache; longer ones go piece by piece."
  ) { graph in
    graph.rewritten(by: "splitRows") {
      guard let length = $0.type.shape.dims.last, $0.op is Normalize || $0.op is NormalizeGradient
      else { return false }
      return length > Normalize.longestRow || $0.type.shape.count == 0
    } _: { _, node, builder in
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

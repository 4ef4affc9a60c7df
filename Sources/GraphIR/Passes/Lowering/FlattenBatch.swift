extension Pass {
  static let flattenBatch = Pass(
    "flattenBatch", "A weight's gradient is one large product, not the sum of many small ones."
  ) { graph in
    let uses = graph.useCounts
    return graph.rewritten(by: "flattenBatch", where: { $0.op is Reduce }) { id, node, builder in
      guard let sum = node.op as? Reduce, sum.reduction == .sum,
        uses[graph[id].operands[0].index] == 1
      else { return nil }
      return sum.flattenedProduct(node, builder)
    }
  }
}

extension Reduce {
  /// A weight's gradient: the sum over b of x[b.., t, k]^T g[b.., t, n] as x[b * t, k]^T
  /// g[b * t, n].
  fileprivate func flattenedProduct(_ node: Node, _ builder: GraphBuilder) -> Value? {
    let inner = builder.graph[node.operands[0]]
    guard let product = inner.op as? MatMul, product.transposeA, !product.transposeB,
      inner.type.shape.rank > 2, axes == Array(0..<inner.type.shape.rank - 2)
    else { return nil }
    let operands = inner.operands.map(builder.value)
    let batch = inner.type.shape.dims.dropLast(2)
    guard operands.allSatisfy({ $0.shape.dims.dropLast(2) == batch }) else { return nil }
    return builder.append(product, operands.map(\.asMatrix)).reshape(node.type.shape)
  }
}

extension Value {
  /// All axes but the last as one.
  fileprivate var asMatrix: Value {
    reshape([shape.dims.dropLast().reduce(1, *), shape.dims[shape.rank - 1]])
  }
}

extension Pass {
  static let flattenBatch = Pass(
    "flattenBatch", "One large product runs faster than many small ones with the same weight."
  ) { graph in
    let uses = graph.useCounts
    return graph.rewritten(by: "flattenBatch") { id, node, builder in
      switch node.op {
      case let product as MatMul: return product.flattened(node, builder)
      case let sum as Reduce where sum.reduction == .sum:
        let source = graph[id].operands[0]
        guard uses[source.index] == 1 else { return nil }
        return sum.flattenedProduct(node, builder)
      default: return nil
      }
    }
  }
}

extension MatMul {
  /// x[b.., t, k] w[k, n] as x[b * t, k] w: the batch as more rows.
  fileprivate func flattened(_ node: Node, _ builder: GraphBuilder) -> Value? {
    let (x, weight) = (builder.value(node.operands[0]), builder.value(node.operands[1]))
    guard !transposeA, x.shape.rank > 2 || weight.shape.rank > 2,
      weight.shape.dims.dropLast(2).allSatisfy({ $0 == 1 })
    else { return nil }
    return builder.append(self, [x.asMatrix, weight.asMatrix]).reshape(node.type.shape)
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

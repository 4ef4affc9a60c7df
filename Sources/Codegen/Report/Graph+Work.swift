import GraphIR

extension Graph {
  /// Floating-point operations of the graph's contractions (matrix products and convolutions) in
  /// one run, a multiply-add counted as two. In floating point: the sum can pass 2^63.
  public var contractionOperations: Double { ids.reduce(0) { $0 + contractionOperations($1) } }

  /// The same of one node; 0 for a node that is no contraction.
  public func contractionOperations(_ id: NodeID) -> Double {
    let types = operandTypes(id)
    let computation = self[id].op.computation(types)
    if let products = attentionProducts(computation),
      let sizes = try? AttentionSizes(q: types[0], k: types[1], v: types[2])
    {
      // Products with the features and with the width are as many as each other.
      return Double(products * sizes.scores.count) * Double(sizes.features + sizes.width)
    }
    guard case .contraction(let reduced, _, _) = computation else { return 0 }
    return reduced.reduce(2 * Double(self[id].type.shape.count)) { $0 * Double($1) }
  }

  /// Half the operations a score costs for each feature, without what the gradient computes again.
  private func attentionProducts(_ computation: Computation) -> Int? {
    switch computation {
    case .attention: 2
    case .attentionGradient: 4
    default: nil
    }
  }

  /// Elements that a node computes or, where it reduces, reads.
  func elements(_ id: NodeID) -> Double {
    let types = operandTypes(id)
    switch self[id].op.computation(types) {
    case .source: return 0
    case .reduce, .argReduce: return Double(types[0].shape.count)
    default: return Double(self[id].type.shape.count)
    }
  }
}

extension Program {
  /// What a kernel has to do: operations of its products, and elements of everything else.
  public func work(_ kernel: KernelSummary) -> (operations: Double, elements: Double) {
    kernel.nodes.reduce(into: (operations: 0.0, elements: 0.0)) { work, id in
      let operations = graph.contractionOperations(id)
      work.operations += operations
      if operations == 0 { work.elements += graph.elements(id) }
    }
  }
}

extension Pass {
  static let splitReductions = Pass(
    "splitReductions", "The code generator reduces one block of neighbouring axes at a time."
  ) { graph in
    graph.rewritten(by: "splitReductions", where: { $0.op is Reduce }) { _, node, builder in
      guard let reduce = node.op as? Reduce else { return nil }
      let x = builder.value(node.operands[0])
      if x.shape.count == 0 {
        // Kernels start from their own extremes, which for bool are not false and true.
        let start = builder.constant(reduce.reduction.start(x.dtype), x.dtype)
        return start.broadcast(to: node.type.shape)
      }
      let blocks = reduce.blocks(of: x.shape)
      if blocks == [reduce.axes] { return nil }
      // Innermost first: rows are summed while they are in cache, and what is left is small. Rows
      // too short for that, as the channels of a group, are summed when all else is.
      let rowLength = blocks.last?.reduce(1) { $0 * x.shape[$1] } ?? 1
      let order = rowLength < 32 ? blocks : blocks.reversed()
      let reduced = order.reduce(x) { value, block in
        builder.append(Reduce(reduce.reduction, axes: block, keep: true), [value])
      }
      return reduced.reshape(node.type.shape)
    }
  }
}

extension Reduce {
  /// The reduced axes as runs of neighbours, those of size 1 left out or, inside a run, taken in.
  fileprivate func blocks(of shape: Shape) -> [[Int]] {
    var blocks: [[Int]] = []
    for axis in axes where shape[axis] != 1 {
      let next = (blocks.last?.last ?? axis) + 1
      if !blocks.isEmpty, (next..<axis).allSatisfy({ shape[$0] == 1 }) {
        blocks[blocks.count - 1] += next...axis
      } else {
        blocks.append([axis])
      }
    }
    return blocks
  }
}

extension Pass {
  static let expandMean = Pass(
    "expandMean", "Sums and factors are what later passes can move, share and fuse."
  ) { graph in
    graph.rewritten(by: "expandMean", where: { $0.op is Reduce }) { _, node, builder in
      guard let mean = node.op as? Reduce, mean.reduction == .mean else { return nil }
      let x = builder.value(node.operands[0])
      let count = mean.axes.reduce(1) { $0 * x.shape[$1] }
      let sum = builder.append(Reduce(.sum, axes: mean.axes, keep: mean.keep), [x])
      // The mean of nothing is 0 * infinity: NaN, as its reference says.
      return sum * (1 / Double(count))
    }
  }
}

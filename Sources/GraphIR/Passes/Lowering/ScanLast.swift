extension Pass {
  static let scanLast = Pass(
    "scanLast", "The kernel of a running sum walks rows, so its axis must be the last one."
  ) { graph in
    graph.rewritten(by: "scanLast", where: { $0.op is CumSum }) { _, node, builder in
      guard let scan = node.op as? CumSum else { return nil }
      let last = node.type.shape.rank - 1
      guard scan.axis != last else { return nil }
      let moved = CumSum(axis: last, exclusive: scan.exclusive, reverse: scan.reverse)
      let rows = builder.value(node.operands[0]).swapAxes(scan.axis, last)
      return builder.append(moved, [rows]).swapAxes(scan.axis, last)
    }
  }
}

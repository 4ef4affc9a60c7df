extension Pass {
  static let scanLast = Pass(
    "scanLast", "The kernels of running sums, recurrences and sorting walk rows: the last axis."
  ) { graph in
    graph.rewritten(by: "scanLast", where: { $0.alongAxis != nil }) { _, node, builder in
      guard let scan = node.alongAxis else { return nil }
      let last = node.type.shape.rank - 1
      guard scan.axis != last else { return nil }
      let rows = node.operands.map { builder.value($0).swapAxes(scan.axis, last) }
      return builder.append(scan.along(last), rows).swapAxes(scan.axis, last)
    }
  }
}

/// An op that walks one axis, whose result has its operands' shape.
protocol AlongAxis: Op {
  var axis: Int { get }
  func along(_ axis: Int) -> Self
}

extension CumSum: AlongAxis {
  func along(_ axis: Int) -> CumSum { CumSum(axis: axis, exclusive: exclusive, reverse: reverse) }
}

extension LinearScan: AlongAxis {
  func along(_ axis: Int) -> LinearScan { LinearScan(axis: axis, reverse: reverse) }
}

extension ArgSort: AlongAxis {
  func along(_ axis: Int) -> ArgSort { ArgSort(axis: axis, descending: descending) }
}

extension Node {
  /// The op, if it walks one axis.
  var alongAxis: (any AlongAxis)? {
    // A cast to a protocol takes long, and of a thousand nodes few are one of these.
    let kind = Swift.type(of: op)
    guard kind == CumSum.self || kind == LinearScan.self || kind == ArgSort.self else {
      return nil
    }
    return op as? any AlongAxis
  }
}

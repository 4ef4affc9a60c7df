extension Pass {
  static let widenIndices = Pass(
    "widenIndices", "The kernels of gather and scatter take i64 indices only.",
    completes: .lowered
  ) { graph in
    graph.rewritten(by: "widenIndices") {
      $0.op is Gather || $0.op is ScatterAdd || $0.op is Scatter
    } _: { _, node, builder in
      var operands = node.operands.map(builder.value)
      guard operands[1].dtype == .i32 else { return nil }
      operands[1] = operands[1].cast(to: .i64)
      return builder.append(node.op, operands)
    }
  }
}

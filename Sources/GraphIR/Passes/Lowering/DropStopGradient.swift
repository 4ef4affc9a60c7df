extension Pass {
  static let dropStopGradient = Pass(
    "dropStopGradient", "After autodiff it means nothing, and it hides equal values from the rest."
  ) { graph in
    graph.rewritten(by: "dropStopGradient") {
      $0.op.name == "stop_gradient"
    } _: { _, node, builder in
      builder.value(node.operands[0])
    }
  }
}

extension Pass {
  static let dropStopGradient = Pass(
    "dropStopGradient", "After autodiff it means nothing, and it hides equal values from the rest."
  ) { graph in
    graph.rewritten(by: "dropStopGradient") { _, node, builder in
      node.op.name == "stop_gradient" ? builder.value(node.operands[0]) : nil
    }
  }
}

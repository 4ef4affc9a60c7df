import GraphIR

extension Program {
  /// The graph after all passes in the text form, with comments that say which kernel computes
  /// each node, and why the nodes of different kernels are not fused. It parses again.
  public var fusedText: String {
    var kernelOf: [NodeID: Int] = [:]
    for (position, kernel) in kernels.enumerated() {
      for id in kernel.nodes { kernelOf[id] = position }
    }
    var text = "// \(graph.nodes.count) nodes in \(kernels.count) kernels\n"
    for (position, kernel) in kernels.enumerated() where !kernel.isFinish {
      let nodes = kernel.nodes.map(\.description).joined(separator: " ")
      text += "// kernel \(position + 1): \(kernel.name), \(nodes)\n"
    }
    text += graph.text { id in
      if let position = kernelOf[id] { return "kernel \(position + 1)" }
      if case .view = graph[id].op.computation(graph.operandTypes(id)) {
        return "a view, read through"
      }
      return nil
    }
    return text + fusionReport.map { "// \($0)\n" }.joined()
  }

  /// One line for each value that goes through memory though its reader comes right behind it.
  public var fusionReport: [String] {
    kernels.enumerated().flatMap { position, kernel in
      kernel.boundaries.map { "kernel \(position + 1), \(kernel.name): \($0)" }
    }
  }
}

extension Program.KernelSummary {
  /// Whether it only adds up the parts of the kernel before it, whose nodes it names again.
  var isFinish: Bool { name.hasSuffix("_finish") }
}

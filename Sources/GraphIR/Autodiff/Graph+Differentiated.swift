extension Graph {
  /// The graph with the gradients of its output `loss` as further outputs `grad.NAME`, one for
  /// each parameter, and the lines that say which are zero and why. Updates are kept.
  public func differentiated(
    loss name: String = "loss"
  ) throws(BuildError) -> (graph: Graph, report: [String]) {
    guard let loss = output(name) else {
      throw BuildError(message: missingOutput(name), location: nil)
    }
    let builder = GraphBuilder(continuing: self)
    let parameters = self.parameters
    let report = builder.differentiate(
      builder.value(loss), withRespectTo: parameters.map { builder.value($0.id) })
    for (parameter, gradient) in zip(parameters, report.gradients) {
      builder.output("grad.\(parameter.variable.key)", gradient)
    }
    return (try builder.build(), report.lines)
  }

  /// The variables that are trained.
  public var parameters: [(id: NodeID, variable: Variable)] {
    variables.filter { $0.variable.role == .parameter }
  }

  func missingOutput(_ name: String) -> String {
    let names = outputs.map { "'\($0.name)'" }.joined(separator: ", ")
    let given = outputs.isEmpty ? "it has no outputs" : "its outputs are \(names)"
    return "graph '\(self.name)' has no output '\(name)': \(given)"
  }
}

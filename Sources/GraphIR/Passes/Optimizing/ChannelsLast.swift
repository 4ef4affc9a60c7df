extension Pass {
  static let channelsLast = Pass(
    "channelsLast",
    "Before reductions are split up: with channels last, those over an image are in one block."
  ) { graph in
    guard graph.nodes.contains(where: { $0.op is Convolution }) else { return graph }
    do {
      return try RewriteDriver.run(Rewrite.layout + Rewrite.views, on: graph)
    } catch {
      preconditionFailure("channelsLast: \(error)")
    }
  }
}

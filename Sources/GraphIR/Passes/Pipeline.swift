/// The passes a graph goes through between autodiff and the code generator, in this order.
public struct Pipeline: Sendable {
  public let passes: [Pass]

  public init(_ passes: [Pass]) { self.passes = passes }

  /// What the code generator cannot do without, and nothing else.
  public static let lowering = Pipeline([
    .dropStopGradient, .bindShapes, .expandMean, .flattenBatch, .splitReductions, .scanLast,
    .widenIndices, .copyResults, .removeDeadNodes,
  ])

  /// Runs every pass on the result of the one before.
  ///
  /// `observe` sees each pass's report as soon as it is done.
  public func run(_ graph: Graph, observe: (PassReport) -> Void = { _ in }) -> Graph {
    let clock = ContinuousClock()
    return passes.reduce(graph) { before, pass in
      var after = before
      let time = clock.measure { after = pass.run(before) }
      observe(
        PassReport(
          name: pass.name, seconds: time / .seconds(1), nodesBefore: before.nodes.count,
          nodesAfter: after.nodes.count, isUnchanged: after.isIdentical(to: before), graph: after))
      return after
    }
  }
}

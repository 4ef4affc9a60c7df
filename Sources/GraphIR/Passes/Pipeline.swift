/// The passes a graph goes through between autodiff and the code generator, in this order.
public struct Pipeline: Sendable {
  public let passes: [Pass]

  public init(_ passes: [Pass]) { self.passes = passes }

  /// Everything, for whole training steps and for inference alike.
  public static let standard = Pipeline([
    .dropStopGradient,
    .bindShapes,
    .splitRows,
    .expandMean,
    .simplify("Now the graph is as small as it was written, and gradients hold much that cancels."),
    .foldConstants("Rewrites leave constants beside each other."),
    .eliminateCommonSubexpressions("The backward part computes again what the forward part has."),
    .channelsLast,
    .splitContractions,
    .flattenBatch,
    .splitReductions,
    .scanLast,
    .widenIndices,
    .simplify("Lowering leaves reshapes of reshapes and transposes of transposes."),
    .foldConstants("Lowering also casts and reshapes constants."),
    .eliminateCommonSubexpressions("Lowering makes the same operand anew for each of its users."),
    .copyResults,
    .removeDeadNodes,
    .recomputeKept,
  ])

  /// What the code generator cannot do without, and nothing else.
  public static let lowering = Pipeline([
    .dropStopGradient, .bindShapes, .splitRows, .expandMean, .flattenBatch, .splitReductions,
    .scanLast, .widenIndices, .copyResults, .removeDeadNodes,
  ])

  /// Runs every pass on the result of the one before.
  ///
  /// `observe` sees each pass's report as soon as it is done. With `verifying`, the verifier checks
  /// the graph after every pass, and a mistake traps with the pass's name.
  public func run(
    _ graph: Graph, verifying: Bool = false, observe: (PassReport) -> Void = { _ in }
  ) -> Graph {
    let clock = ContinuousClock()
    var stage = Verifier.Stage.graph
    return passes.reduce(graph) { before, pass in
      var after = before
      let time = clock.measure { after = pass.run(before) }
      stage = max(stage, pass.completes ?? stage)
      if verifying { verify(after, pass, stage) }
      observe(
        PassReport(
          name: pass.name, seconds: time / .seconds(1), nodesBefore: before.nodes.count,
          nodesAfter: after.nodes.count, graph: after, before: before))
      return after
    }
  }

  private func verify(_ graph: Graph, _ pass: Pass, _ stage: Verifier.Stage) {
    do {
      try Verifier.check(graph, stage: stage)
    } catch {
      preconditionFailure("pass '\(pass.name)': \(error)")
    }
  }
}

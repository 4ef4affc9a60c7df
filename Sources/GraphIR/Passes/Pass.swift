/// A function from graph to graph with the reason for its place in the pipeline.
public struct Pass: Sendable {
  public let name: String
  /// One sentence: why the pass is there, and there.
  public let reason: String
  /// The stage whose rules hold from here on, where the pass is the last that one needs.
  let completes: Verifier.Stage?
  public let run: @Sendable (Graph) -> Graph

  public init(
    _ name: String, _ reason: String, completes: Verifier.Stage? = nil,
    run: @escaping @Sendable (Graph) -> Graph
  ) {
    self.name = name
    self.reason = reason
    self.completes = completes
    self.run = run
  }
}

/// What a pass did to a graph.
public struct PassReport: Sendable {
  public let name: String
  public let seconds: Double
  public let nodesBefore: Int
  public let nodesAfter: Int
  /// Whether the graph after is the graph before, node by node.
  public var isUnchanged: Bool { graph.isIdentical(to: before) }
  /// The graph after the pass.
  public let graph: Graph
  /// The graph before it.
  let before: Graph
}

import GraphIR

/// A compiled graph of so many rows, and its scalar outputs.
final class BatchRunner {
  let executable: Executable
  /// The scalar outputs by name, in the graph's order.
  let scalars: [String]
  private let fast: [UnsafePointer<Float>?]

  init(_ graph: Graph, state: ModelState, options: Compilation.Options) throws {
    executable = try Compilation.executable(graph, state: state, options: options)
    let executable = executable
    scalars = graph.outputs.filter { graph[$0.value].type.shape == .scalar }.map(\.name)
    fast = scalars.map { executable.scalar($0) }
  }

  /// Runs on rows `indices` of a data set.
  func run(_ feed: BatchFeed, _ indices: [Int]) throws {
    try feed.fill(executable, indices)
    executable.run()
  }

  /// A scalar output of the last run; nil where there is none of this name.
  func scalar(_ name: String) -> Double? {
    scalars.firstIndex(of: name).flatMap(scalar(at:))
  }

  /// Scalar output number `index` of the last run.
  func scalar(at index: Int) -> Double? {
    if let place = fast[index] { return Double(place.pointee) }
    return executable.output(scalars[index])?.doubles.first
  }
}

extension Graph {
  /// The graph that computes the outputs named and leaves the variables alone.
  func computing(_ names: [String]) -> Graph {
    var graph = self
    graph.outputs = outputs.filter { names.contains($0.name) }
    graph.updates = []
    return graph
  }
}

extension GraphBuilder {
  /// The key of the graph's random ops, i64[2]: seed and step, made at the first call.
  ///
  /// The seed is the state variable `random.seed`, at first 0; the step is the state variable
  /// `random.step`, which goes up by 1 each run, so every run draws anew.
  public func randomKey() -> Value {
    if let known = graph.randomKey { return value(known) }
    let seed = state("random.seed")
    let step = state("random.step")
    update(step, to: step + 1)
    let parts = [seed.reshape([1]), step.reshape([1])]
    return concat(parts, axis: 0).named(Graph.randomKeyLabel)
  }

  /// An i64 scalar that starts at 0, named without the scopes around.
  private func state(_ key: String) -> Value {
    let type = TensorType(.i64, .scalar)
    return append(Variable(key, type, role: .state, initializer: .zeros), [], label: key)
  }
}

extension Graph {
  fileprivate static let randomKeyLabel = "random.key"

  fileprivate var randomKey: NodeID? {
    let place = nodes.firstIndex {
      $0.label == Graph.randomKeyLabel && $0.type == TensorType(.i64, [2])
    }
    return place.map(NodeID.init)
  }
}

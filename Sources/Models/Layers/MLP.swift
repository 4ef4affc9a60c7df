import GraphIR

/// Linear layers with an activation between them, none after the last.
public struct MLP: Layer {
  public let layers: [Linear]
  public let activation: Activation

  /// One layer from each of `sizes` to the next, named `l0`, `l1` and so on.
  ///
  /// `first` is the number of the first one, for a model that continues another's count.
  public init(
    _ builder: GraphBuilder, _ sizes: [Int], activation: Activation = .relu, first: Int = 0,
    initialization: LinearInitialization = .torch, file: String = #fileID, line: Int = #line
  ) {
    self.activation = activation
    layers = zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      Linear(
        builder, "l\(first + index)", inputs: size.0, outputs: size.1,
        initialization: initialization, file: file, line: line)
    }
  }

  public func apply(_ x: Value) -> Value {
    var h = x
    for (index, layer) in layers.enumerated() {
      if index > 0 { h = activation.apply(h) }
      h = layer.apply(h)
    }
    return h
  }
}

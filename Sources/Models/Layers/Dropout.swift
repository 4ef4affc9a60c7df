import GraphIR

/// Srivastava et al. 2014: elements zeroed with probability `rate` while training, the others
/// scaled by 1 / (1 - rate).
///
/// Every run draws anew, from the state variables `random.seed` and `random.step`.
public struct Dropout: Layer {
  /// In 0..<1.
  public let rate: Double
  /// False in the graph that evaluates: the layer then does nothing.
  public let isTraining: Bool

  public init(_ rate: Double, isTraining: Bool = true) {
    self.rate = rate
    self.isTraining = isTraining
  }

  public func apply(_ x: Value) -> Value {
    guard isTraining, rate != 0 else { return x }
    return x.dropout(rate, key: x.builder.randomKey())
  }
}

import GraphIR

/// Ba et al. 2016: each row to mean 0 and variance 1 over the last axis, then scaled and shifted.
public struct LayerNorm: Layer {
  /// [features], one at first.
  public let gain: Value
  /// [features], zero at first.
  public let bias: Value
  public let epsilon: Double

  /// Makes the variables `NAME.g` and `NAME.b`.
  public init(
    _ builder: GraphBuilder, _ name: String, features: Int, epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) {
    gain = builder.variable(
      "\(name).g", .f32, [features], initializer: .ones, file: file, line: line)
    bias = builder.variable(
      "\(name).b", .f32, [features], initializer: .zeros, file: file, line: line)
    self.epsilon = epsilon
  }

  public func apply(_ x: Value) -> Value { x.layerNorm(gain: gain, bias: bias, epsilon: epsilon) }
}

/// Zhang and Sennrich 2019: each row divided by its root mean square over the last axis, scaled.
public struct RMSNorm: Layer {
  /// [features], one at first.
  public let gain: Value
  /// As `Value.rmsNorm` has it.
  public let epsilon: Double?

  /// Makes the variable `NAME.g`.
  public init(
    _ builder: GraphBuilder, _ name: String, features: Int, epsilon: Double? = nil,
    file: String = #fileID, line: Int = #line
  ) {
    gain = builder.variable(
      "\(name).g", .f32, [features], initializer: .ones, file: file, line: line)
    self.epsilon = epsilon
  }

  public func apply(_ x: Value) -> Value { x.rmsNorm(gain: gain, epsilon: epsilon) }
}

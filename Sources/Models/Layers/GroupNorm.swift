import GraphIR

/// Wu and He 2018: mean 0 and variance 1 over groups of channels, then a gain and a bias.
public struct GroupNorm: Layer {
  public let groups: Int
  public let gain: Value
  public let bias: Value
  public let epsilon: Double

  /// Makes the variables `NAME.g`, at first 1, and `NAME.b`, at first 0, [channels] each.
  public init(
    _ builder: GraphBuilder, _ name: String, groups: Int, channels: Int, epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) {
    self.groups = groups
    self.epsilon = epsilon
    gain = builder.variable(
      "\(name).g", .f32, [channels], initializer: .ones, file: file, line: line)
    bias = builder.variable(
      "\(name).b", .f32, [channels], initializer: .zeros, file: file, line: line)
  }

  public func apply(_ x: Value) -> Value {
    x.groupNorm(groups: groups, gain: gain, bias: bias, epsilon: epsilon)
  }
}

import GraphIR

/// Ioffe and Szegedy 2015: each channel with mean 0 and variance 1, over the batch while training
/// and by running statistics in evaluation, then a gain and a bias.
public struct BatchNorm: Layer {
  public let gain: Value
  public let bias: Value
  /// State variables, [channels] each, which every training run moves by `momentum` toward the
  /// batch's statistics.
  public let runningMean: Value
  public let runningVariance: Value
  public let momentum: Double
  public let epsilon: Double
  /// False in the graph that evaluates.
  public let isTraining: Bool

  /// Makes the parameters `NAME.g` and `NAME.b` and the state `NAME.mean` and `NAME.variance`.
  ///
  /// A layer that trains is called once: each call moves the running statistics.
  public init(
    _ builder: GraphBuilder, _ name: String, channels: Int, momentum: Double = 0.1,
    epsilon: Double = 1e-5, isTraining: Bool = true, file: String = #fileID, line: Int = #line
  ) {
    func variable(
      _ part: String, _ role: Variable.Role, _ initializer: Initializer
    ) -> Value {
      builder.variable(
        "\(name).\(part)", .f32, [channels], role: role, initializer: initializer, file: file,
        line: line)
    }
    gain = variable("g", .parameter, .ones)
    bias = variable("b", .parameter, .zeros)
    runningMean = variable("mean", .state, .zeros)
    runningVariance = variable("variance", .state, .ones)
    self.momentum = momentum
    self.epsilon = epsilon
    self.isTraining = isTraining
  }

  public func apply(_ x: Value) -> Value {
    guard isTraining else {
      return x.batchNorm(
        mean: runningMean, variance: runningVariance, gain: gain, bias: bias, epsilon: epsilon)
    }
    let result = x.batchNorm(gain: gain, bias: bias, epsilon: epsilon)
    let builder = x.builder
    func move(_ running: Value, toward value: Value) {
      builder.update(running, to: (1 - momentum) * running + momentum * value)
    }
    move(runningMean, toward: result.mean)
    move(runningVariance, toward: result.variance)
    return result.value
  }
}

import GraphIR

extension MovingAverages {
  /// An optimizer written with the builder alone: a training step is a graph like any other.
  public struct Recipe: Sendable {
    let method: Method
    let averaging: Averaging
    let rate: Double

    public init(_ method: Method, _ averaging: Averaging, rate: Double) {
      (self.method, self.averaging, self.rate) = (method, averaging, rate)
    }

    /// The training step of a graph with an output `loss`.
    public func step(_ forward: Graph) throws -> Graph {
      let builder = GraphBuilder(continuing: forward)
      guard let loss = forward.output("loss") else {
        throw StudyError("graph '\(forward.name)' has no output 'loss'")
      }
      let weights = forward.parameters.map { builder.value($0.id) }
      let gradients = builder.gradients(of: builder.value(loss), withRespectTo: weights)
      let count = builder.variable(
        "average.count", .f64, .scalar, role: .state, initializer: .zeros)
      let average = Average(builder, averaging, time: count + 1)
      builder.update(count, to: count + 1)
      for (parameter, (weight, gradient)) in zip(forward.parameters, zip(weights, gradients)) {
        let direction = direction(gradient, parameter.variable.key, average)
        builder.update(weight, to: weight - rate * direction)
      }
      return try builder.build()
    }

    private func direction(_ g: Value, _ name: String, _ average: Average) -> Value {
      switch method {
      case .momentum: return average("m", g, name, decay: 0.9)
      case .rmsProp: return g / (average("v", g.squared(), name, decay: 0.99).sqrt() + 1e-8)
      case .adam:
        let mean = average("m", g, name, decay: 0.9)
        return mean / (average("v", g.squared(), name, decay: 0.999).sqrt() + 1e-8)
      }
    }
  }

  /// The running mean of a value, kept in a variable.
  struct Average {
    let builder: GraphBuilder
    let averaging: Averaging
    /// 1 at the first step, f64: in f32 the powers of a decay near 1 lose their digits.
    let time: Value

    init(_ builder: GraphBuilder, _ averaging: Averaging, time: Value) {
      (self.builder, self.averaging, self.time) = (builder, averaging, time)
    }

    /// Moves the mean toward the new value by a share of the distance: 1/t makes it the mean of
    /// all values so far, (1 - b) / (1 - b^t) the exponential average with its bias corrected.
    func callAsFunction(_ key: String, _ value: Value, _ name: String, decay: Double) -> Value {
      let old = builder.variable(
        "average.\(name).\(key)", value.dtype, value.shape, role: .state, initializer: .zeros)
      let share =
        averaging == .linear
        ? 1 / time : (1 - decay) / (1 - builder.constant(decay, .f64).pow(time))
      let new = old + share.cast(to: value.dtype) * (value - old)
      builder.update(old, to: new)
      return new
    }
  }
}

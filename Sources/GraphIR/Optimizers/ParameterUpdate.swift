// The update of one parameter, element by element. The code generator runs each chain as one pass
// over the weights, so the formulas keep one form: running means are `m * b + g * (1 - b)`, and
// the last step is `w - scalar * direction`.

struct ParameterUpdate {
  let scalars: StepScalars
  let name: String
  let weight: Value
  let gradient: Value

  private var builder: GraphBuilder { scalars.builder }
  private var dtype: DType { weight.dtype }

  /// The weights after the step; the states it needs are made and updated.
  func apply(_ optimizer: Optimizer) -> Value {
    switch optimizer.method {
    case .sgd(let momentum, let nesterov):
      let g = decayed(optimizer.weightDecay)
      return weight - rate * direction(g, momentum, nesterov)
    case .adaGrad(let epsilon):
      let g = decayed(optimizer.weightDecay)
      let sum = keep("sum") { $0 + g * g }
      return weight - rate * (g / (sum.sqrt() + constant(epsilon)))
    case .rmsProp(let alpha, let epsilon):
      let g = decayed(optimizer.weightDecay)
      let mean = average("square_avg", of: g * g, alpha)
      return weight - rate * (g / (mean.sqrt() + constant(epsilon)))
    case .adam(let beta1, let beta2, let epsilon, let decoupled):
      let g = decayed(decoupled ? 0 : optimizer.weightDecay)
      let kept = decoupled ? shrunk(optimizer.weightDecay) : weight
      return kept - adamStep(g, beta1, beta2, epsilon)
    case .linearAverage(let epsilon):
      let g = decayed(optimizer.weightDecay)
      let share = scalars.scalar("1 / t", dtype) { 1 / scalars.time }
      let m = keep("exp_avg") { $0 + (g - $0) * share }
      let v = keep("exp_avg_sq") { $0 + (g * g - $0) * share }
      return weight - rate * (m / (v.sqrt() + constant(epsilon)))
    }
  }

  private func direction(_ g: Value, _ momentum: Double, _ nesterov: Bool) -> Value {
    guard momentum != 0 else { return g }
    // PyTorch starts the buffer at the first gradient; zeros give the same.
    let buffer = keep("momentum_buffer") { $0 * constant(momentum) + g }
    return nesterov ? g + buffer * constant(momentum) : buffer
  }

  /// step_size * (m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)), step_size = lr / (1 - beta1^t).
  private func adamStep(
    _ g: Value, _ beta1: Double, _ beta2: Double, _ epsilon: Double
  ) -> Value {
    let m = average("exp_avg", of: g, beta1)
    let v = average("exp_avg_sq", of: g * g, beta2)
    let stepSize = scalars.scalar("step size", dtype) {
      scalars.rate / scalars.correction(beta1)
    }
    let inverse = scalars.scalar("1 / sqrt(1 - beta2^t)", dtype) {
      1 / scalars.correction(beta2).sqrt()
    }
    let denominator = v.sqrt() * inverse + constant(epsilon)
    return stepSize * (m / denominator)
  }

  private var rate: Value { scalars.rate(dtype) }

  private func constant(_ number: Double) -> Value { scalars.constant(number, dtype) }

  /// The gradient of the loss plus weightDecay / 2 times the sum of squared weights.
  private func decayed(_ weightDecay: Double) -> Value {
    weightDecay == 0 ? gradient : gradient + weight * constant(weightDecay)
  }

  /// The weights less their decay.
  private func shrunk(_ weightDecay: Double) -> Value {
    guard weightDecay != 0 else { return weight }
    let factor = scalars.scalar("1 - lr * weight decay", dtype) { 1 - scalars.rate * weightDecay }
    return weight * factor
  }

  private func average(_ state: String, of value: Value, _ beta: Double) -> Value {
    keep(state) { $0 * constant(beta) + value * constant(1 - beta) }
  }

  /// A state of the weights' shape, zeros at first, and what it becomes.
  private func keep(_ state: String, _ next: (Value) -> Value) -> Value {
    let old = builder.variable(
      "optimizer.\(name).\(state)", dtype, weight.shape, role: .state, initializer: .zeros)
    let new = next(old)
    builder.update(old, to: new)
    return new
  }
}

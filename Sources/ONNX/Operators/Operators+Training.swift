import GraphIR

// Optimizers as operators: learning rate, step, then all weights, all gradients, all moments.

extension OperatorTable {
  private static let training = "ai.onnx.preview.training"

  static let trainingOperators: [Operator] = [
    Operator(
      "Adam", ["alpha", "beta", "epsilon", "norm_coefficient", "norm_coefficient_post"],
      domain: training
    ) { node in
      let (rate, step) = (try node.value(0), try node.value(1))
      let (alpha, beta) = (node.float("alpha", default: 0.9), node.float("beta", default: 0.999))
      let epsilon = node.float("epsilon", default: 0)
      let decay = node.float("norm_coefficient_post", default: 0)
      return try updated(node, moments: 2) { x, gradient, moments in
        let time = step.cast(to: x.dtype)
        let own = rate.cast(to: x.dtype)
        let first = alpha * moments[0] + (1 - alpha) * gradient
        let second = beta * moments[1] + (1 - beta) * gradient.squared()
        // Moments start at zero, which is corrected from the first step on.
        let isLater = time .> 0
        let safe = isLater.select(time, time.constant(1))
        let secondLeft = 1 - x.constant(beta).pow(safe)
        let correction = secondLeft.sqrt() / (1 - x.constant(alpha).pow(safe))
        let adjusted = isLater.select(own * correction, own)
        let new = x - adjusted * (first / (second.sqrt() + epsilon))
        return [(1 - decay) * new, first, second]
      }
    },
    Operator("Adagrad", ["decay_factor", "epsilon", "norm_coefficient"], domain: training) { node in
      let (rate, step) = (try node.value(0), try node.value(1))
      let decay = node.float("decay_factor", default: 0)
      let epsilon = node.float("epsilon", default: 0)
      return try updated(node, moments: 1) { x, gradient, moments in
        let own = rate.cast(to: x.dtype) / (1 + decay * step.cast(to: x.dtype))
        let sum = moments[0] + gradient.squared()
        return [x - own * gradient / (sum.sqrt() + epsilon), sum]
      }
    },
    Operator("Momentum", ["alpha", "beta", "mode", "norm_coefficient"], domain: training) { node in
      let (rate, step) = (try node.value(0), try node.value(1))
      guard let alpha = node.float("alpha"), let beta = node.float("beta") else {
        throw node.wrong("'alpha' or 'beta' is missing")
      }
      let isNesterov = node.string("mode") == "nesterov"
      return try updated(node, moments: 1) { x, gradient, moments in
        let isLater = step.cast(to: .i64) .> 0
        let share = isLater.select(x.constant(beta), x.constant(1))
        let moment = alpha * moments[0] + share * gradient
        let direction = isNesterov ? gradient + alpha * moment : moment
        return [x - rate.cast(to: x.dtype) * direction, moment]
      }
    },
  ]

  /// `update` for each weight: from weight, gradient with decay, and moments to weight and moments.
  private static func updated(
    _ node: OperatorContext, moments: Int, _ update: (Value, Value, [Value]) -> [Value]
  ) throws -> [ImportedValue] {
    let kinds = 2 + moments
    let given = node.inputs.count - 2
    guard given > 0, given % kinds == 0 else {
      throw node.wrong("needs one gradient and \(moments) moments a weight")
    }
    let count = given / kinds
    let decay = node.float("norm_coefficient", default: 0)
    let results = try (0..<count).map { index -> [Value] in
      let x = try node.value(2 + index)
      let plain = try node.value(2 + count + index)
      let gradient = decay == 0 ? plain : plain + decay * x
      let states = try (0..<moments).map { try node.value(2 + (2 + $0) * count + index) }
      return update(x, gradient, states)
    }
    // All weights, then all first moments, then all second ones.
    return try (0...moments).flatMap { kind in
      try results.enumerated().map { index, values in
        .tensor(try node.like(2 + index, values[kind]))
      }
    }
  }
}

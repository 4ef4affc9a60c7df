import GraphIR
import TestSupport

/// The fixtures' functions as a user writes them.
struct OpFixtureFunction {
  let fixture: OpFixture

  private var op: String { fixture.op }
  private var attributes: [String: OpFixture.Attribute] { fixture.attributes }

  /// Nil where the function is not known here.
  func callAsFunction(_ x: [Value]) -> Value? {
    loss(x) ?? layer(x) ?? OpFixtureImages(fixture: fixture)(x) ?? activation(x[0])
  }

  private func number(_ name: String) -> Double {
    if case .number(let value)? = attributes[name] { return value }
    return .nan
  }

  private func word(_ name: String) -> String? {
    if case .text(let value)? = attributes[name] { return value }
    return nil
  }

  private func loss(_ x: [Value]) -> Value? {
    let reduction = word("reduction").flatMap(LossReduction.init) ?? .mean
    switch op {
    case "mse": return x[0].meanSquaredError(x[1], reduction: reduction)
    case "mae": return x[0].meanAbsoluteError(x[1], reduction: reduction)
    case "bce_with_logits":
      return x[0].binaryCrossEntropyWithLogits(x[1], reduction: reduction)
    case "cross_entropy" where attributes["label_smoothing"] != nil:
      // Szegedy et al. 2016: the target is the class, mixed with all of them.
      let share = number("label_smoothing")
      let all = -x[0].logSoftmax().mean()
      return (1 - share) * x[0].crossEntropy(labels: x[1]) + share * all
    case "cross_entropy":
      let ignored = attributes["ignore_index"].map { _ in Int(number("ignore_index")) }
      return x[0].crossEntropy(labels: x[1], ignoring: ignored, reduction: reduction)
    case "huber":
      let (distance, delta) = ((x[0] - x[1]).abs(), number("delta"))
      let far = delta * (distance - 0.5 * delta)
      return (distance .< delta).select(0.5 * distance.squared(), far).mean()
    case "smooth_l1":
      let (distance, beta) = ((x[0] - x[1]).abs(), number("beta"))
      let near = distance.squared() * (0.5 / beta)
      return (distance .< beta).select(near, distance - 0.5 * beta).mean()
    case "nll":
      return -x[0].takeAlongAxis(x[1].expandDims(-1), axis: 1).mean()
    default: return nil
    }
  }

  private func layer(_ x: [Value]) -> Value? {
    switch op {
    case "attention":
      return x[0].dotProductAttention(
        x[1], x[2], mask: x.count > 3 ? x[3] : nil, isCausal: attributes["causal"] != nil,
        scale: attributes["scale"].map { _ in number("scale") })
    case "embedding": return x[1].gather(x[0])
    default: return nil
    }
  }

  private func activation(_ x: Value) -> Value? {
    switch op {
    case "gelu": x.gelu(approximate: word("approximate") == "tanh")
    case "elu": x.elu(alpha: number("alpha"))
    case "leaky_relu": x.leakyReLU(slope: number("slope"))
    case "relu": x.relu()
    case "silu": x.silu()
    case "softplus": x.softplus()
    case "sigmoid": x.sigmoid()
    case "tanh": x.tanh()
    case "softsign": x / (1 + x.abs())
    case "selu": 1.0507009873554805 * x.elu(alpha: 1.6732632423543772)
    case "mish": x * x.softplus().tanh()
    case "log_sigmoid": -(-x).softplus()
    // PyTorch gives the kinks of these no gradient, so they are no plain clamps.
    case "hardtanh": between(x, number("low"), number("high"), x)
    case "relu6": between(x, 0, 6, x)
    case "hardsigmoid": between(x, -3, 3, x / 6 + 0.5, low: 0, high: 1)
    case "hardswish": between(x, -3, 3, x * (x / 6 + 0.5), low: 0, high: x)
    default: nil
    }
  }

  /// `inside` strictly between the limits, and `low` and `high`, the limits themselves if nil.
  private func between(
    _ x: Value, _ lower: Double, _ upper: Double, _ inside: Value, low: Double? = nil,
    high: Double? = nil
  ) -> Value {
    between(x, lower, upper, inside, low: low ?? lower, high: x.constant(high ?? upper))
  }

  private func between(
    _ x: Value, _ lower: Double, _ upper: Double, _ inside: Value, low: Double, high: Value
  ) -> Value {
    let belowUpper = (x .< upper).select(inside, high)
    return (x .> lower).select(belowUpper, x.constant(low))
  }
}

import Foundation

extension ElementwiseFunction {
  static let activations: [ElementwiseFunction] = [
    unary("sigmoid", "1 / (1 + exp(-x))", -4...4, "g * y * (1 - y)", logistic) { g, _, y in
      g * (y * (1 - y))
    },
    unary(
      "relu", "x where positive, else 0", -3...3, "g where y > 0",
      { $0.isNaN ? .nan : Swift.max($0, 0) }
    ) { g, _, y in (y .> 0).select(g, g.constant(0)) },
    ElementwiseFunction(
      "leaky_relu", "x where positive, else slope * x", parameters: ["slope"],
      domain: [-3...3], formula: "g where x > 0, else slope * g",
      reference: { x, p in x[0] > 0 ? x[0] : p[0] * x[0] },
      gradient: { context, p in
        let g = context.gradient
        return [.value((context.operands[0] .> 0).select(g, g * p[0]))]
      }),
    ElementwiseFunction(
      "elu", "x where positive, else alpha * (exp(x) - 1)", parameters: ["alpha"],
      domain: [-3...3], formula: "g where x > 0, else g * (y + alpha)",
      reference: { x, p in x[0] > 0 ? x[0] : p[0] * Foundation.expm1(x[0]) },
      gradient: { context, p in
        let g = context.gradient
        return [.value((context.operands[0] .> 0).select(g, g * (context.result + p[0])))]
      }),
    unary(
      "gelu", "x * Phi(x), Phi the normal distribution function", -3...3,
      "g * (Phi(x) + x * phi(x))", { 0.5 * $0 * Foundation.erfc(-$0 / 2.0.squareRoot()) }
    ) { g, x, _ in
      let cumulative = 0.5 * (1 + (x * 0.5.squareRoot()).erf())
      let density = (-0.5 * (x * x)).exp() * (1 / (2 * Double.pi).squareRoot())
      return g * (cumulative + x * density)
    },
    unary(
      "gelu_tanh", "x * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2", -3...3,
      "by the product rule",
      { x in
        // (1 + tanh(u)) / 2 = sigmoid(2 u), which has no cancellation.
        x * logistic((8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
      }
    ) { g, x, _ in
      g * x.map("gelu_tanh_slope")
    },
    // A row of its own: in plain functions it would be a dozen. Tests keep away from its zero at
    // -0.75, where terms cancel.
    unary(
      "gelu_tanh_slope", "the derivative of gelu_tanh", 0...3, "by the product rule",
      { x in
        let speed = (8 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
        let w = (8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
        return logistic(w) + logistic(w) * logistic(-w) * x * speed
      }
    ) { g, x, _ in
      let scale = (8 / Double.pi).squareRoot()
      let square = x * x
      let s = (scale * (x + 0.044715 * (square * x))).sigmoid()
      let speed = scale * (1 + (3 * 0.044715) * square)
      let change = s * (1 - s)
      let bend = (1 - 2 * s) * (speed * speed) + (6 * 0.044715 * scale) * x
      return g * (change * (2 * speed + x * bend))
    },
    unary(
      "silu", "x * sigmoid(x)", -4...4, "g * silu_slope(x)",
      { $0 * logistic($0) }
    ) {
      g, x, _ in g * x.map("silu_slope")
    },
    // A row of its own for speed: one exponential and one pass over the tile instead of four.
    unary(
      "silu_slope", "the derivative of silu", 0...3, "g * s * (1 - s) * (2 + x * (1 - 2 * s))",
      { x in logistic(x) + x * logistic(x) * logistic(-x) }
    ) { g, x, _ in
      let s = x.sigmoid()
      return g * (s * (1 - s) * (2 + x * (1 - 2 * s)))
    },
    unary(
      "softplus", "log(1 + exp(x))", -4...4, "g * sigmoid(x)",
      { Swift.max($0, 0) + Foundation.log1p(Foundation.exp(-Swift.abs($0))) }
    ) { g, x, _ in g * x.sigmoid() },
  ]
}

@Sendable private func logistic(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + Foundation.exp(-x)) : Foundation.exp(x) / (1 + Foundation.exp(x))
}

import Foundation

extension ElementwiseFunction {
  static let transcendental: [ElementwiseFunction] = [
    unary("exp", "e to the power x", -3...3, "g * y", Foundation.exp) { g, _, y in g * y },
    unary("log", "natural logarithm", 0.1...5, "g / x", Foundation.log) { g, x, _ in g / x },
    unary("log1p", "log(1 + x), exact near 0", -0.5...3, "g / (1 + x)", Foundation.log1p) {
      g, x, _ in g / (1 + x)
    },
    unary("expm1", "exp(x) - 1, exact near 0", -3...3, "g * (y + 1)", Foundation.expm1) {
      g, _, y in g * (y + 1)
    },
    unary("sqrt", "square root", 0.1...5, "g / (2 y)", { $0.squareRoot() }) { g, _, y in
      g * 0.5 / y
    },
    unary("rsqrt", "1 / sqrt(x)", 0.1...5, "-g * y / (2 x)", { 1 / $0.squareRoot() }) { g, x, y in
      -0.5 * g * y / x
    },
    unary("reciprocal", "1 / x", 0.5...3, "-g * y * y", { 1 / $0 }) { g, _, y in -(g * y * y) },
    unary("sin", "sine", -6...6, "g * cos(x)", Foundation.sin) { g, x, _ in g * x.cos() },
    unary("cos", "cosine", -6...6, "-g * sin(x)", Foundation.cos) { g, x, _ in -(g * x.sin()) },
    unary("atan", "arc tangent", -3...3, "g / (1 + x * x)", Foundation.atan) { g, x, _ in
      g / (1 + x * x)
    },
    unary("tanh", "hyperbolic tangent", -3...3, "g * (1 - y * y)", Foundation.tanh) { g, _, y in
      g * (1 - y * y)
    },
    unary("erf", "error function", -3...3, "g * 2 / sqrt(pi) * exp(-x * x)", Foundation.erf) {
      g, x, _ in g * ((-(x * x)).exp() * (2 / Double.pi.squareRoot()))
    },
  ]
}

import Foundation

extension ElementwiseFunction {
  static let arithmetic: [ElementwiseFunction] = [
    binary("add", "a + b", "g, g", { $0 + $1 }) { g, _, _, _ in [.value(g), .value(g)] },
    binary("sub", "a - b", "g, -g", { $0 - $1 }) { g, _, _, _ in [.value(g), .value(-g)] },
    binary("mul", "a * b", "g * b, g * a", { $0 * $1 }) { g, a, b, _ in
      [.value(g * b), .value(g * a)]
    },
    binary("div", "a / b", "g / b, -g * y / b", domain: 0.5...3, { $0 / $1 }) { g, _, b, y in
      [.value(g / b), .value(-(g * y / b))]
    },
    binary(
      "pow", "a to the power b", "g * b * a^(b-1), g * y * log(a)", typing: .float,
      domain: 0.5...2, { Foundation.pow($0, $1) }
    ) { g, a, b, y in
      // 0^b has gradient 0 with respect to b, where 0 * log(0) would be NaN.
      let logarithm = (a .> 0).select(a, a.constant(1)).log()
      return [.value(g * b * a.pow(b - 1)), .value(g * y * logarithm)]
    },
    binary(
      "min", "the smaller of a and b, NaN if either is", "g where chosen, half on ties",
      { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
    ) { g, a, b, _ in chosen(g, a .< b, a .== b) },
    binary(
      "max", "the larger of a and b, NaN if either is", "g where chosen, half on ties",
      { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
    ) { g, a, b, _ in chosen(g, a .> b, a .== b) },
    binary(
      "mod", "a - b * floor(a / b)", "g, -g * floor(a / b)", domain: 0.5...3,
      { floorModulo($0, $1) }
    ) { g, a, b, _ in [.value(g), .value(-(g * (a / b).floor()))] },
    ElementwiseFunction(
      "neg", "-x", typing: .numeric, domain: [-3...3], formula: "-g",
      reference: { x, _ in -x[0] }, gradient: { context, _ in [.value(-context.gradient)] }),
    ElementwiseFunction(
      "abs", "|x|", typing: .numeric, domain: [-3...3], formula: "g * sign(x)",
      reference: { x, _ in Swift.abs(x[0]) },
      gradient: { context, _ in [.value(context.gradient * context.operands[0].sign())] }),
    flat("sign", "-1, 0 or 1", typing: .numeric, because: "sign is constant off zero") { x in
      x[0] > 0 ? 1 : x[0] < 0 ? -1 : x[0]
    },
    ElementwiseFunction(
      "clamp", "x kept within low...high", parameters: ["low", "high"], typing: .numeric,
      domain: [-3...3], formula: "g where low <= x <= high",
      reference: { x, p in Swift.min(Swift.max(x[0], p[0]), p[1]) },
      gradient: { context, p in
        let x = context.operands[0]
        let inside = (x .>= p[0]) .& (x .<= p[1])
        return [.value(inside.select(context.gradient, x.constant(0)))]
      }),
    ElementwiseFunction(
      "stop_gradient", "x", typing: .any, domain: [-3...3], formula: "0: asked for",
      reference: { x, _ in x[0] },
      gradient: { _, _ in [.zero("stop_gradient was asked for")] }),
  ]

  private static func binary(
    _ name: String, _ summary: String, _ formula: String, typing: Typing = .numeric,
    domain: ClosedRange<Double> = -3...3,
    _ reference: @escaping @Sendable (Double, Double) -> Double,
    gradient:
      @escaping @Sendable (_ g: Value, _ a: Value, _ b: Value, _ y: Value) -> [Gradient]
  ) -> ElementwiseFunction {
    ElementwiseFunction(
      name, summary, arity: 2, typing: typing, domain: [domain, domain], formula: formula,
      reference: { x, _ in reference(x[0], x[1]) },
      gradient: { context, _ in
        gradient(
          context.gradient, context.operands[0], context.operands[1], context.result)
      })
  }

  /// The gradient goes to the operand that was chosen, and half to each on a tie, as PyTorch's.
  @Sendable private static func chosen(_ g: Value, _ first: Value, _ tie: Value) -> [Gradient] {
    let half = g * 0.5
    let none = g.constant(0)
    let a = tie.select(half, first.select(g, none))
    let b = tie.select(half, first.select(none, g))
    return [.value(a), .value(b)]
  }
}

/// Python's `%`: the remainder has the divisor's sign.
private func floorModulo(_ a: Double, _ b: Double) -> Double {
  let remainder = fmod(a, b)
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
}

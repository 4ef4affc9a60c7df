extension ElementwiseFunction {
  static let rounding: [ElementwiseFunction] = [
    flat(
      "floor", "largest integer not above x", typing: .float,
      because: "floor is constant between integers"
    ) {
      $0[0].rounded(.down)
    },
    flat(
      "ceil", "smallest integer not below x", typing: .float,
      because: "ceil is constant between integers"
    ) {
      $0[0].rounded(.up)
    },
    flat(
      "round", "nearest integer, halves to even", typing: .float,
      because: "round is constant between halves"
    ) {
      $0[0].rounded(.toNearestOrEven)
    },
    flat(
      "trunc", "integer next to x toward zero", typing: .float,
      because: "trunc is constant between integers"
    ) {
      $0[0].rounded(.towardZero)
    },
    narrowing("round_float16", "16-bit float (IEEE 754)", digits: 11, exponents: -14...15),
    narrowing("round_bfloat16", "bfloat16", digits: 8, exponents: -126...127),
  ]

  /// Rounding to a smaller format: a cast there and back, through which gradients pass.
  private static func narrowing(
    _ name: String, _ format: String, digits: Int, exponents: ClosedRange<Int>
  ) -> ElementwiseFunction {
    ElementwiseFunction(
      name, "nearest \(format), halves to even", domain: [-3...3],
      formula: "g: rounding is passed through", differentiated: false,
      reference: { x, _ in x[0].rounded(digits: digits, exponents: exponents) },
      gradient: { context, _ in [.value(context.gradient)] })
  }
}

extension Double {
  /// The nearest number with so many binary digits and an exponent in the range, halves to even;
  /// fewer digits below the smallest exponent, infinity above the largest.
  fileprivate func rounded(digits: Int, exponents: ClosedRange<Int>) -> Double {
    guard isFinite, self != 0 else { return self }
    let exponent = Swift.max(Int(self.exponent), exponents.lowerBound)
    let step = Double(sign: .plus, exponent: exponent - digits + 1, significand: 1)
    let rounded = (self / step).rounded(.toNearestOrEven) * step
    let end = Double(sign: .plus, exponent: exponents.upperBound + 1, significand: 1)
    if rounded == 0 { return self < 0 ? -0.0 : 0 }
    return rounded.magnitude < end ? rounded : rounded < 0 ? -.infinity : .infinity
  }
}

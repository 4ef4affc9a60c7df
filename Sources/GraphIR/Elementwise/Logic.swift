extension ElementwiseFunction {
  static let logic: [ElementwiseFunction] = [
    compare("equal", "a = b") { $0 == $1 },
    compare("not_equal", "a != b") { $0 != $1 },
    compare("less", "a < b") { $0 < $1 },
    compare("less_equal", "a <= b") { $0 <= $1 },
    compare("greater", "a > b") { $0 > $1 },
    compare("greater_equal", "a >= b") { $0 >= $1 },
    flat("and", "both", arity: 2, typing: .logic, domain: 0...1, because: "bool has no gradient") {
      $0[0] != 0 && $0[1] != 0 ? 1 : 0
    },
    flat("or", "either", arity: 2, typing: .logic, domain: 0...1, because: "bool has no gradient") {
      $0[0] != 0 || $0[1] != 0 ? 1 : 0
    },
    flat(
      "xor", "one but not both", arity: 2, typing: .logic, domain: 0...1,
      because: "bool has no gradient"
    ) {
      ($0[0] != 0) != ($0[1] != 0) ? 1 : 0
    },
    flat("not", "not x", typing: .logic, domain: 0...1, because: "bool has no gradient") {
      $0[0] == 0 ? 1 : 0
    },
    flat("is_nan", "whether x is NaN", typing: .test, because: "bool has no gradient") {
      $0[0].isNaN ? 1 : 0
    },
    flat("is_inf", "whether x is infinite", typing: .test, because: "bool has no gradient") {
      $0[0].isInfinite ? 1 : 0
    },
    ElementwiseFunction(
      "where", "b where a is true, else c", arity: 3, typing: .select,
      domain: [0...1, -3...3, -3...3], formula: "0, g where a, g where not a",
      reference: { x, _ in x[0] != 0 ? x[1] : x[2] },
      gradient: { context, _ in
        let g = context.gradient
        let condition = context.operands[0]
        return [
          .zero("a condition has no gradient"),
          .value(condition.select(g, g.constant(0))),
          .value(condition.select(g.constant(0), g)),
        ]
      }),
  ]

  private static func compare(
    _ name: String, _ summary: String, _ test: @escaping @Sendable (Double, Double) -> Bool
  ) -> ElementwiseFunction {
    flat(name, summary, arity: 2, typing: .comparison, because: "a comparison is constant") {
      test($0[0], $0[1]) ? 1 : 0
    }
  }
}

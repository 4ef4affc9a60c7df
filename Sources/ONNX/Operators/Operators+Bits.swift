import GraphIR

// The bits of integers. Types narrower than what they are computed in keep their value, so a
// negative number has its sign's bits, too: and, or and xor of such are right as they are.

extension OperatorTable {
  static let bitOperators: [Operator] = [
    bits("BitwiseAnd") { $0.bitAnd($1) },
    bits("BitwiseOr") { $0.bitOr($1) },
    bits("BitwiseXor") { $0.bitXor($1) },
    Operator(
      "BitwiseNot",
      tensor: { node in try node.like(0, node.value(0).bitNot()).wrapped }),
    Operator(
      "BitShift", ["direction"],
      tensor: { node in
        let (x, places) = (try node.value(0), try node.value(1))
        switch node.string("direction") {
        case "LEFT": return try node.like(0, x.shiftLeft(places)).wrapped
        case "RIGHT":
          // Only 64-bit numbers can look negative when they are not.
          let isUnsigned = try node.tensor(0).elementType.isUnsigned
          return try node.like(0, x.shiftRight(places, logical: isUnsigned))
        default: throw node.wrong("attribute 'direction' must be LEFT or RIGHT")
        }
      }),
  ]

  private static func bits(
    _ name: String, _ function: @escaping @Sendable (Value, Value) -> Value
  ) -> Operator {
    Operator(
      name,
      tensor: { node in try node.like(0, function(node.value(0), node.value(1))).wrapped })
  }
}

extension ElementwiseFunction {
  /// Functions of the bits of integers. Shifts by the width and more, or by negative numbers, leave
  /// nothing but the sign where it is kept.
  static let bits: [ElementwiseFunction] = [
    ofBits("bit_and", "the bits that both have") { x, _ in x[0] & x[1] },
    ofBits("bit_or", "the bits that either has") { x, _ in x[0] | x[1] },
    ofBits("bit_xor", "the bits that one but not both have") { x, _ in x[0] ^ x[1] },
    ofBits("bit_not", "every bit the other one", arity: 1) { x, width in
      wrapped(~x[0], width)
    },
    ofBits("shift_left", "a's bits moved up by b", shift: true) { x, width in
      (0..<Int64(width)).contains(x[1]) ? wrapped(x[0] << x[1], width) : 0
    },
    ofBits("shift_right", "a's bits moved down by b, the sign kept", shift: true) { x, width in
      x[0] >> ((0..<Int64(width)).contains(x[1]) ? x[1] : 63)
    },
    ofBits("shift_right_logical", "a's bits moved down by b, zeros above", shift: true) {
      x, width in
      guard (0..<Int64(width)).contains(x[1]) else { return 0 }
      let bits = UInt64.max >> UInt64(64 - width)
      let shifted = (UInt64(bitPattern: x[0]) & bits) >> UInt64(x[1])
      return wrapped(Int64(bitPattern: shifted), width)
    },
  ]

  private static func ofBits(
    _ name: String, _ summary: String, arity: Int = 2, shift: Bool = false,
    _ bits: @escaping @Sendable ([Int64], Int) -> Int64
  ) -> ElementwiseFunction {
    let domain: [ClosedRange<Double>] = [-100...100, shift ? -2...70 : -100...100]
    let reason = "integers have no gradient"
    return ElementwiseFunction(
      name, summary, arity: arity, typing: .bits, domain: Array(domain.prefix(arity)),
      formula: "0: \(reason)", bits: bits,
      reference: { x, _ in Double(bits(x.map(Int64.init(saturating:)), 64)) },
      gradient: { _, _ in Array(repeating: .zero(reason), count: arity) })
  }

  /// The integer whose lowest bits these are: signed, but for bytes.
  private static func wrapped(_ value: Int64, _ width: Int) -> Int64 {
    switch width {
    case 8: Int64(UInt8(truncatingIfNeeded: value))
    case 32: Int64(Int32(truncatingIfNeeded: value))
    default: value
    }
  }
}

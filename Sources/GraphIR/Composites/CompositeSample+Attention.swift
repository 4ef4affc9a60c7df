extension CompositeSample {
  static let attention: [CompositeSample] = normalizingRows + dotProduct + linear + positions

  private static let normalizingRows: [CompositeSample] = [
    CompositeSample("layerNorm", [.init(.f32, [3, 7]), .init(.f32, [7]), .init(.f32, [7])]) {
      $0[0].layerNorm(gain: $0[1], bias: $0[2])
    },
    CompositeSample("layerNorm alone", [.init(.f64, [2, 3, 5])]) { $0[0].layerNorm() },
    CompositeSample("rmsNorm", [.init(.f32, [3, 7]), .init(.f32, [7])]) {
      $0[0].rmsNorm(gain: $0[1])
    },
    CompositeSample("rmsNorm alone", [.init(.f64, [2, 5])]) { $0[0].rmsNorm(epsilon: 1e-3) },
  ]

  /// q, k and v of these shapes.
  private static func heads(
    _ q: Shape, _ k: Shape, _ v: Shape, _ dtype: DType = .f32
  ) -> [OpSample.Operand] {
    [.init(dtype, q), .init(dtype, k), .init(dtype, v)]
  }

  private static let dotProduct: [CompositeSample] = [
    CompositeSample("attention", heads([2, 5, 2, 4], [2, 5, 2, 4], [2, 5, 2, 4])) {
      $0[0].dotProductAttention($0[1], $0[2])
    },
    CompositeSample("cross attention", heads([3, 2, 4], [7, 2, 4], [7, 2, 3], .f64)) {
      $0[0].dotProductAttention($0[1], $0[2], scale: 0.3)
    },
    CompositeSample("causal attention", heads([2, 5, 2, 4], [2, 5, 2, 4], [2, 5, 2, 4])) {
      $0[0].dotProductAttention($0[1], $0[2], isCausal: true)
    },
    CompositeSample(
      "attention with a bias",
      heads([2, 3, 2, 4], [2, 6, 2, 4], [2, 6, 2, 4]) + [.init(.f32, [2, 3, 6])]
    ) {
      $0[0].dotProductAttention($0[1], $0[2], mask: $0[3])
    },
    CompositeSample(
      "attention with a mask",
      heads([2, 3, 1, 4], [2, 3, 1, 4], [2, 3, 1, 4])
        // The last query of the second row sees nothing.
        + [
          .init(
            .bool, [2, 1, 3, 3], values: [1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0])
        ]
    ) {
      $0[0].dotProductAttention($0[1], $0[2], mask: $0[3])
    },
  ]

  private static let linear: [CompositeSample] = [
    CompositeSample("efficientAttention", heads([2, 3, 2, 4], [2, 6, 2, 4], [2, 6, 2, 3])) {
      $0[0].efficientAttention($0[1], $0[2])
    },
    CompositeSample("efficientAttention causal", heads([2, 5, 2, 3], [2, 5, 2, 3], [2, 5, 2, 2])) {
      $0[0].efficientAttention($0[1], $0[2], isCausal: true)
    },
    CompositeSample("linearAttention", heads([3, 2, 4], [6, 2, 4], [6, 2, 3], .f64)) {
      $0[0].linearAttention($0[1], $0[2])
    },
    // Three blocks, the last one not full.
    CompositeSample("linearAttention causal", heads([130, 1, 2], [130, 1, 2], [130, 1, 2])) {
      $0[0].linearAttention($0[1], $0[2], isCausal: true)
    },
  ]

  private static let positions: [CompositeSample] = [
    CompositeSample("sinusoidalPositions", [.init(.f32, [5, 6])]) {
      $0[0] + $0[0].builder.sinusoidalPositions(tokens: 5, features: 6)
    },
    CompositeSample("rotary", [.init(.f32, [2, 5, 2, 6])]) { $0[0].rotary() },
    CompositeSample("rotary halves", [.init(.f64, [5, 2, 6])]) {
      $0[0].rotary(pairs: .halves, first: 3)
    },
  ]
}

/// softmax(q k^T * scale) v for each head, without the matrix of all scores in memory.
///
/// Operands q [batch..., queries, heads, features], k [batch..., keys, heads, features],
/// v [batch..., keys, heads, width] and perhaps a mask that broadcasts to
/// [batch..., heads, queries, keys]: a bool that is true where a query sees a key, or a number
/// added to the score. The result is [batch..., queries, heads, width]. Causal: query i sees keys
/// 0...i. A query that sees no key gets zeros.
public struct Attention: Op {
  public let scale: Double
  public let isCausal: Bool

  public init(scale: Double, isCausal: Bool) {
    self.scale = scale
    self.isCausal = isCausal
  }

  public var name: String { "attention" }
  public var attributes: [Attribute] {
    [Attribute("scale", .double(scale)), Attribute("causal", .bool(isCausal))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    guard operands.count == 4 else {
      try operands.expect(3)
      let sizes = try AttentionSizes(q: operands[0], k: operands[1], v: operands[2])
      return TensorType(operands[0].dtype, try sizes.result.checked())
    }
    let sizes = try AttentionSizes(q: operands[0], k: operands[1], v: operands[2])
    try sizes.expect(mask: operands[3], for: operands[0].dtype)
    return TensorType(operands[0].dtype, try sizes.result.checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (q, k, v) = (context.operands[0], context.operands[1], context.operands[2])
    let mask = context.operands.count > 3 ? context.operands[3] : nil
    let all = q.builder.append(
      AttentionGradient(scale: scale, isCausal: isCausal),
      [q, k, v, context.gradient] + (mask.map { [$0] } ?? []))
    var gradients = all.split(like: [q, k, v]).map(Gradient.value)
    guard let mask else { return gradients }
    if mask.dtype == .bool {
      gradients.append(.zero("a bool is not continuous"))
    } else {
      // Where nobody asks for it, this is dead code.
      let leaf = mask.leaf
      let plain = q.plainAttention(k, v, mask: leaf, isCausal: isCausal, scale: scale)
      let gradient = q.builder.gradients(
        of: plain, withRespectTo: [leaf], seed: context.gradient)
      gradients.append(.value(gradient[0]))
    }
    return gradients
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .attention(scale: scale, isCausal: isCausal)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    reference(operands, mask: operands.count > 3 ? operands[3] : nil)?.result() ?? []
  }

  func reference(_ operands: [ReferenceTensor], mask: ReferenceTensor?) -> AttentionReference? {
    let types = operands.map(\.type)
    guard let sizes = try? AttentionSizes(q: types[0], k: types[1], v: types[2]) else {
      return nil
    }
    return AttentionReference(
      sizes: sizes, scale: scale, isCausal: isCausal, q: operands[0].values,
      k: operands[1].values, v: operands[2].values, mask: mask)
  }

  public static let catalog = [
    OpEntry(
      "attention", "softmax of scaled products of queries and keys, times values",
      gradient: "attention_gradient of g, sliced",
      samples: { samples.map { OpSample($0, $1) } },
      make: { reader throws(OpError) in
        let scale = try reader.double("scale")
        return try Attention(scale: scale, isCausal: reader.bool("causal"))
      })
  ]

  /// What the samples of the gradient share.
  static let samples: [(Attention, [OpSample.Operand])] = {
    let shapes: [(Shape, Shape, Shape, Bool)] = [
      ([5, 2, 4], [5, 2, 4], [5, 2, 4], false), ([5, 2, 4], [5, 2, 4], [5, 2, 4], true),
      ([2, 3, 2, 4], [2, 7, 2, 4], [2, 7, 2, 3], false), ([7, 1, 3], [4, 1, 3], [4, 1, 5], true),
      ([3, 1, 3], [6, 1, 3], [6, 1, 2], true), ([0, 2, 3], [4, 2, 3], [4, 2, 3], false),
      ([3, 2, 3], [0, 2, 3], [0, 2, 3], false), ([3, 2, 0], [4, 2, 0], [4, 2, 1], false),
      ([1, 1, 1], [1, 1, 1], [1, 1, 1], true),
      ([2, 2, 2, 1, 3], [2, 2, 3, 1, 3], [2, 2, 3, 1, 3], false),
      ([37, 2, 5], [37, 2, 5], [37, 2, 5], true), ([70, 1, 33], [75, 1, 33], [75, 1, 34], false),
    ]
    let plain = [DType.f32, .f64].flatMap { dtype in
      shapes.map { q, k, v, isCausal in
        (
          Attention(scale: 0.4, isCausal: isCausal),
          [OpSample.Operand(dtype, q), .init(dtype, k), .init(dtype, v)]
        )
      }
    }
    let (q, k) = (OpSample.Operand(.f32, [2, 3, 2, 4]), OpSample.Operand(.f32, [2, 4, 2, 4]))
    // The second query of the first row sees nothing.
    let seen: [Double] = [1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1]
    let masks = [
      OpSample.Operand(.f32, [2, 2, 3, 4]), .init(.f32, [4]), .init(.f32, [2, 1, 1, 4]),
      .init(.bool, [2, 1, 3, 4], values: seen), .init(.bool, [3, 1], values: [1, 0, 1]),
    ]
    return plain
      + masks.map { (Attention(scale: 0.5, isCausal: false), [q, k, k, $0]) }
      + masks.map { (Attention(scale: 1, isCausal: true), [q, k, k, $0]) }
  }()
}

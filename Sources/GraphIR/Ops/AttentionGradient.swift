/// The gradients of attention's q, k and v one after another, in one flat result.
///
/// Operands q, k, v, the gradient of attention's result, and attention's mask if it has one.
/// Nothing else is needed of the forward pass: the scores can be computed again.
public struct AttentionGradient: Op {
  public let scale: Double
  public let isCausal: Bool

  public init(scale: Double, isCausal: Bool) {
    self.scale = scale
    self.isCausal = isCausal
  }

  public var name: String { "attention_gradient" }
  public var attributes: [Attribute] {
    [Attribute("scale", .double(scale)), Attribute("causal", .bool(isCausal))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    if operands.count != 5 { try operands.expect(4) }
    let (q, g) = (operands[0], operands[3])
    let sizes = try AttentionSizes(q: q, k: operands[1], v: operands[2])
    guard g == TensorType(q.dtype, sizes.result) else {
      throw OpError("g must be \(TensorType(q.dtype, sizes.result)), not \(g)")
    }
    if operands.count == 5 { try sizes.expect(mask: operands[4], for: q.dtype) }
    let count = operands.prefix(3).reduce(0) { $0 + $1.shape.count }
    return TensorType(q.dtype, try Shape([count]).checked())
  }

  /// That of the same gradient made of plain ops.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let operands = context.operands.map(\.leaf)
    let builder = operands[0].builder
    let (values, g) = (Array(operands[..<3]), operands[3])
    let mask = operands.count > 4 ? operands[4] : nil
    let plain = values[0].plainAttention(
      values[1], values[2], mask: mask, isCausal: isCausal, scale: scale)
    let first = builder.gradients(of: plain, withRespectTo: values, seed: g)
    let flat = concat(first.map { $0.reshape([$0.shape.count]) }, axis: 0)
    let hasSmoothMask = mask.map { $0.dtype != .bool } ?? false
    let second = builder.gradients(
      of: flat, withRespectTo: hasSmoothMask ? operands : values + [g], seed: context.gradient)
    let known = second.map(Gradient.value)
    return mask == nil || hasSmoothMask ? known : known + [.zero("a bool is not continuous")]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .attentionGradient(scale: scale, isCausal: isCausal)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let attention = Attention(scale: scale, isCausal: isCausal)
    let mask = operands.count > 4 ? operands[4] : nil
    return attention.reference(operands, mask: mask)?.gradient(operands[3].values) ?? []
  }

  public static let catalog = [
    OpEntry(
      "attention_gradient", "gradients of attention's q, k and v, one after another",
      gradient: "that of the same made of plain ops",
      samples: {
        Attention.samples.compactMap { op, operands in
          let types = operands.map(\.type)
          guard let result = try? op.resultType(types) else { return nil }
          let g = OpSample.Operand(result.dtype, result.shape)
          return OpSample(
            AttentionGradient(scale: op.scale, isCausal: op.isCausal),
            operands[..<3] + [g] + operands[3...], second: g.type.shape.count < 100)
        }
      },
      make: { reader throws(OpError) in
        let scale = try reader.double("scale")
        return try AttentionGradient(scale: scale, isCausal: reader.bool("causal"))
      })
  ]
}

extension Value {
  /// Consecutive pieces of a flat value in the shapes of others.
  func split(like others: [Value]) -> [Value] {
    guard isValid, others.allSatisfy(\.isValid) else { return others.map { _ in self } }
    let pieces = split(sizes: others.map(\.shape.count), axis: 0)
    return zip(pieces, others).map { $0.reshape($1.shape) }
  }
}

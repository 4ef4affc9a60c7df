/// The operand, for readers that compute from it again what was computed from it before.
///
/// No kernel for them runs before this node's place in the execution order, so that a value computed
/// again near its use needs no memory in the meantime.
public struct Recompute: Op {
  public init() {}

  public var name: String { "recompute" }
  public var attributes: [Attribute] { [] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.single()
  }

  public func gradient(_ context: GradientContext) -> [Gradient] { [.value(context.gradient)] }

  public func computation(_ operands: [TensorType]) -> Computation {
    .view(ViewMap(offset: 0, strides: (operands.first?.shape ?? .scalar).strides))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    operands[0].values
  }

  public static let catalog = [
    OpEntry(
      "recompute", "x, for what is computed from it again, not before this node", gradient: "g",
      samples: {
        DType.allCases.map { dtype in
          OpSample(
            Recompute(), [.init(dtype, [3, 5], in: dtype.sampleRange)], gradient: dtype.isFloat,
            second: dtype.isFloat, elementwise: true)
        }
      },
      make: { _ in Recompute() })
  ]
}

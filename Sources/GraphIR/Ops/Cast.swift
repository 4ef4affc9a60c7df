/// Every element converted to another type: to integers toward zero, to bool as != 0.
public struct Cast: Op {
  public let dtype: DType

  public init(_ dtype: DType) { self.dtype = dtype }

  public var name: String { "cast" }
  public var attributes: [Attribute] { [Attribute("to", .string(dtype.rawValue))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    guard operands.count == 1 else { throw OpError("takes 1 operand, not \(operands.count)") }
    return TensorType(dtype, operands[0].shape)
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let from = context.operands[0].dtype
    guard from.isFloat, dtype.isFloat else {
      return [.zero("a cast between \(from.rawValue) and \(dtype.rawValue) is not continuous")]
    }
    return [.value(context.gradient.cast(to: from))]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .map(.cast) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    dtype.isFloat ? operands[0].values : Tensor(type, doubles: operands[0].values).doubles
  }

  public static let catalog = [
    OpEntry(
      "cast", "x as another element type", gradient: "g cast back, between floats",
      samples: {
        let types: [DType] = [.f32, .f64, .i32, .i64, .bool, .u8]
        return types.flatMap { from in
          types.map { to in
            let range: ClosedRange<Double> = from == .bool ? 0...1 : from == .u8 ? 0...200 : -3...3
            return OpSample(
              Cast(to), [.init(from, [3, 7], in: to == .u8 && from != .bool ? 0...200 : range)],
              gradient: from == .f64 && to == .f64, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Cast(reader.dtype("to")) })
  ]
}

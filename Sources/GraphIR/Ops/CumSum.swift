/// Running sums along an axis.
public struct CumSum: Op {
  public let axis: Int
  /// Whether an element is the sum of those before it, without itself.
  public let exclusive: Bool
  /// Whether sums run from the end to the start.
  public let reverse: Bool

  public init(axis: Int, exclusive: Bool = false, reverse: Bool = false) {
    self.axis = axis
    self.exclusive = exclusive
    self.reverse = reverse
  }

  public var name: String { "cumsum" }
  public var attributes: [Attribute] {
    [
      Attribute("axis", .int(axis)), Attribute("exclusive", .bool(exclusive)),
      Attribute("reverse", .bool(reverse)),
    ]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    try operand.dtype.expectArithmetic()
    try operand.shape.expect(axis: axis)
    return operand
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    [.value(context.gradient.cumsum(axis, exclusive: exclusive, reverse: !reverse))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .scan(axis: axis, exclusive: exclusive, reverse: reverse)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let x = operands[0].values
    let size = type.shape[axis]
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    var result = x
    for element in 0..<type.shape.count where element / inner % size == 0 {
      var sum = 0.0
      for step in 0..<size {
        let place = element + (reverse ? size - 1 - step : step) * inner
        result[place] = exclusive ? sum : sum + x[place]
        sum += x[place]
      }
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "cumsum", "running sums along an axis", gradient: "running sums of g from the other end",
      samples: {
        let cases: [(Shape, Int)] = [
          ([6], 0), ([3, 5], 0), ([3, 5], 1), ([2, 3, 4], 1), ([1], 0), ([0], 0), ([3, 0], 0),
          ([0, 3], 1), ([33, 70], 1), ([70, 33], 0),
        ]
        return [DType.f32, .f64, .i32, .i64].flatMap { dtype in
          cases.flatMap { shape, axis in
            [(false, false), (true, false), (false, true), (true, true)].map { exclusive, reverse in
              OpSample(
                CumSum(axis: axis, exclusive: exclusive, reverse: reverse), [.init(dtype, shape)],
                gradient: dtype.isFloat, second: dtype.isFloat)
            }
          }
        }
      },
      make: { reader throws(OpError) in
        let axis = try reader.int("axis")
        let exclusive = try reader.bool("exclusive")
        return try CumSum(axis: axis, exclusive: exclusive, reverse: reader.bool("reverse"))
      })
  ]
}

extension Value {
  /// Running sums along `axis`; `exclusive` leaves the element itself out, `reverse` starts at
  /// the end.
  public func cumsum(
    _ axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    append(
      CumSum(axis: counted(axis), exclusive: exclusive, reverse: reverse), [], file, line)
  }
}

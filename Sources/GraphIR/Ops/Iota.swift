/// Every element its own index along an axis.
public struct Iota: Op {
  public let type: TensorType
  public let axis: Int

  public init(_ type: TensorType, axis: Int) {
    self.type = type
    self.axis = axis
  }

  public var name: String { "iota" }
  public var attributes: [Attribute] { type.attributes + [Attribute("axis", .int(axis))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(0)
    guard type.dtype.isNumeric, type.dtype != .u8 else {
      throw OpError("gives f32, f64, i32 or i64, not \(type.dtype.rawValue)")
    }
    _ = try type.shape.checked()
    try type.shape.expect(axis: axis)
    return type
  }

  public func gradient(_ context: GradientContext) -> [Gradient] { [] }

  public func computation(_ operands: [TensorType]) -> Computation { .iota(axis: axis) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    var result: [Double] = []
    type.shape.forEachPlace { result.append(Double($0[axis])) }
    return result
  }

  public static let catalog = [
    OpEntry(
      "iota", "every element its index along an axis", gradient: "none: it has no operands",
      samples: {
        let cases: [(Shape, Int)] = [
          ([5], 0), ([3, 4], 0), ([3, 4], 1), ([2, 3, 4], 1), ([0], 0), ([2, 0], 0), ([1], 0),
          ([33, 70], 1), ([70, 33], 0),
        ]
        return [DType.f32, .f64, .i32, .i64].flatMap { dtype in
          cases.map { shape, axis in
            OpSample(
              Iota(TensorType(dtype, shape), axis: axis), [], gradient: false, second: false,
              elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in
        let type = try TensorType(reader: &reader)
        return try Iota(type, axis: reader.int("axis"))
      })
  ]
}

extension GraphBuilder {
  /// Every element its own index along `axis`.
  public func iota(
    _ dtype: DType, _ shape: Shape, axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Value {
    let counted = axis < 0 ? axis + shape.rank : axis
    let op = Iota(TensorType(dtype, shape), axis: counted)
    return append(op, [], at: SourceLocation(file: file, line: line))
  }
}

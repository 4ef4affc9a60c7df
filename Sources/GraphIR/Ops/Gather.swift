/// Slices of operand 0 along an axis, chosen by the integers of operand 1.
///
/// x[a.., n, b..] and indices[i..] give [a.., i.., b..]. A negative index counts from the end, and
/// one outside is moved to the edge.
public struct Gather: Op {
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public var name: String { "gather" }
  public var attributes: [Attribute] { [Attribute("axis", .int(axis))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let (x, indices) = (operands[0], operands[1])
    try indices.dtype.expectIndex()
    try x.shape.expect(axis: axis)
    let shape = try Gather.shape(x.shape, axis: axis, indices: indices.shape).checked()
    guard x.shape[axis] > 0 || shape.count == 0 else {
      throw OpError("axis \(axis) of \(x) has no elements to choose from")
    }
    return TensorType(x.dtype, shape)
  }

  /// `shape` with `axis` replaced by the axes of `indices`.
  static func shape(_ shape: Shape, axis: Int, indices: Shape) -> Shape {
    Shape(shape.dims.prefix(axis) + indices.dims + shape.dims.dropFirst(axis + 1))
  }

  /// The element an index means: counted from the end where negative, and never outside.
  static func index(_ value: Double, size: Int) -> Int {
    let index = Int(Int64(saturating: value))
    return Swift.min(Swift.max(index < 0 ? index + size : index, 0), size - 1)
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (x, indices, g) = (context.operands[0], context.operands[1], context.gradient)
    let zeros = x.constant(0).broadcast(to: x.shape)
    return [
      .value(zeros.scatterAdd(indices, g, axis: axis)),
      .zero("an index is not continuous"),
    ]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .gather(axis: axis) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (x, indices) = (operands[0], operands[1])
    let outer = x.shape.dims.prefix(axis).reduce(1, *)
    let inner = x.shape.dims.dropFirst(axis + 1).reduce(1, *)
    let size = x.shape[axis]
    var result: [Double] = []
    result.reserveCapacity(type.shape.count)
    guard type.shape.count > 0 else { return result }
    for row in 0..<outer {
      for value in indices.values {
        let start = (row * size + Gather.index(value, size: size)) * inner
        result += x.values[start..<start + inner]
      }
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "gather", "slices along an axis, chosen by integers", gradient: "g scatter-added into zeros",
      samples: {
        let dtypes: [(DType, DType)] = [
          (.f32, .i64), (.f64, .i32), (.i32, .i32), (.i64, .i64), (.bool, .i32), (.u8, .i64),
        ]
        return dtypes.flatMap { dtype, index in
          cases.map { shape, axis, indices in
            OpSample(
              Gather(axis: axis),
              [
                .init(dtype, shape, in: dtype.sampleRange),
                .init(index, indices, in: -12...12),
              ], gradient: dtype.isFloat, second: dtype.isFloat, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Gather(axis: reader.int("axis")) })
  ]

  /// Shapes of x, axes, and shapes of indices, which the samples of `scatter_add` share.
  static let cases: [(Shape, Int, Shape)] = [
    ([7], 0, []), ([7], 0, [4]), ([7], 0, [3, 2]), ([5, 3], 0, [4]), ([5, 3], 1, [4]),
    ([2, 5, 3], 1, [2, 2]), ([2, 5, 3, 2], 2, [3]), ([5, 0], 0, [2]), ([5, 3], 0, [0]),
    ([0, 3], 0, [0]), ([0, 3], 1, [2]), ([1], 0, [3]), ([9, 130], 0, [17]), ([33, 5], 1, [70]),
  ]
}

extension Value {
  /// Slices along `axis`, chosen by integers: rows of an embedding table by token.
  public func gather(
    _ indices: Value, axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Value {
    append(Gather(axis: counted(axis)), [indices], file, line)
  }
}

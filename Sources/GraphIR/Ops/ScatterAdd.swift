/// Operand 0 plus the slices of operand 2, each added along an axis where operand 1 says.
///
/// The transpose of `gather`: base[a.., n, b..], indices[i..], updates[a.., i.., b..]. Indices
/// follow the same rule; slices for one place are added in the order of the indices.
public struct ScatterAdd: Op {
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public var name: String { "scatter_add" }
  public var attributes: [Attribute] { [Attribute("axis", .int(axis))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expectScatter(axis: axis)
    try operands[0].dtype.expectArithmetic()
    return operands[0]
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let g = context.gradient
    return [
      .value(g),
      .zero("an index is not continuous"),
      .value(g.gather(context.operands[1], axis: axis)),
    ]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .scatterAdd(axis: axis) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (indices, updates) = (operands[1], operands[2])
    var result = operands[0].values
    guard updates.shape.count > 0 else { return result }
    let outer = type.shape.dims.prefix(axis).reduce(1, *)
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    let size = type.shape[axis]
    var source = 0
    for row in 0..<outer {
      for value in indices.values {
        let start = (row * size + Gather.index(value, size: size)) * inner
        for place in start..<start + inner {
          result[place] += updates.values[source]
          source += 1
        }
      }
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "scatter_add", "slices added along an axis where integers say",
      gradient: "g, 0, g gathered",
      samples: {
        let dtypes: [(DType, DType)] = [(.f32, .i64), (.f64, .i32), (.i32, .i32), (.i64, .i64)]
        return dtypes.flatMap { dtype, index in
          Gather.cases.map { shape, axis, indices in
            let updates = Gather.shape(shape, axis: axis, indices: indices)
            return OpSample(
              ScatterAdd(axis: axis),
              [.init(dtype, shape), .init(index, indices, in: -12...12), .init(dtype, updates)],
              gradient: dtype.isFloat, second: dtype.isFloat)
          }
        }
      },
      make: { reader throws(OpError) in try ScatterAdd(axis: reader.int("axis")) })
  ]
}

extension Value {
  /// This value plus slices of `updates`, added along `axis` where the integers say.
  public func scatterAdd(
    _ indices: Value, _ updates: Value, axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Value {
    append(ScatterAdd(axis: counted(axis)), [indices, updates], file, line)
  }
}

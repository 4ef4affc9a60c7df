/// The index (i64) of the largest or smallest element along an axis, the first one on ties; NaN
/// is larger and smaller than everything.
public struct ArgReduce: Op {
  /// `.max` or `.min`.
  public let reduction: Reduction
  public let axis: Int
  /// Whether the axis stays as size 1.
  public let keep: Bool

  public init(_ reduction: Reduction, axis: Int, keep: Bool = false) {
    precondition(reduction == .max || reduction == .min)
    self.reduction = reduction
    self.axis = axis
    self.keep = keep
  }

  public var name: String { "arg\(reduction.rawValue)" }
  public var attributes: [Attribute] {
    [Attribute("axis", .int(axis)), Attribute("keep", .bool(keep))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    try operand.shape.expect(axis: axis)
    var dims = operand.shape.dims
    let size = dims[axis]
    if keep { dims[axis] = 1 } else { dims.remove(at: axis) }
    let result = TensorType(.i64, Shape(dims))
    guard size > 0 || result.shape.count == 0 else {
      throw OpError("axis \(axis) of \(operand) has no elements to choose from")
    }
    return result
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    [.zero("an index is constant where it is defined")]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .argReduce(reduction, axis: axis)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (x, shape) = (operands[0].values, operands[0].shape)
    let inner = shape.dims.dropFirst(axis + 1).reduce(1, *)
    return (0..<type.shape.count).map { element in
      let start = element / inner * shape[axis] * inner + element % inner
      var best = 0
      for index in 1..<Swift.max(1, shape[axis]) {
        let (a, b) = (x[start + index * inner], x[start + best * inner])
        let isBetter = reduction == .max ? a > b : a < b
        if !b.isNaN && (a.isNaN || isBetter) { best = index }
      }
      return Double(best)
    }
  }

  public static let catalog = [Reduction.max, .min].map { reduction in
    OpEntry(
      "arg\(reduction.rawValue)", "index of the \(reduction.extreme) along an axis",
      gradient: "0: an index is constant where it is defined", samples: { samples(reduction) },
      make: { reader throws(OpError) in
        let axis = try reader.int("axis")
        return try ArgReduce(reduction, axis: axis, keep: reader.bool("keep"))
      })
  }

  private static func samples(_ reduction: Reduction) -> [OpSample] {
    let cases: [(Shape, Int)] = [
      ([6], 0), ([3, 5], 0), ([3, 5], 1), ([2, 3, 4], 1), ([2, 3, 4, 2], 2), ([1], 0), ([0, 3], 1),
      ([3, 0], 0), ([33, 130], 1), ([130, 33], 0),
    ]
    let dtypes: [DType] = [.f32, .f64, .i32, .i64]
    let drawn = dtypes.flatMap { dtype in
      cases.flatMap { shape, axis in
        [false, true].map { keep in
          OpSample(
            ArgReduce(reduction, axis: axis, keep: keep), [.init(dtype, shape)], gradient: false,
            second: false)
        }
      }
    }
    let odd: [[Double]] = [[1, 3, 3, 1], [1, .nan, 9, .nan], [-.infinity, .infinity, 0, -0.0]]
    return drawn
      + odd.map {
        OpSample(
          ArgReduce(reduction, axis: 0), [.init(.f32, [4], values: $0)], gradient: false,
          second: false)
      }
  }
}

extension Reduction {
  fileprivate var extreme: String { self == .max ? "largest" : "smallest" }
}

extension Value {
  /// The index of the largest element along `axis`, the first one on ties.
  public func argmax(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { append(ArgReduce(.max, axis: counted(axis), keep: keepDims), [], file, line) }

  /// The index of the smallest element along `axis`, the first one on ties.
  public func argmin(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { append(ArgReduce(.min, axis: counted(axis), keep: keepDims), [], file, line) }
}

/// A reduction over some axes, which stay as size 1 or are dropped.
///
/// Nothing reduced gives 0 for a sum, 1 for a product, NaN for a mean, and the least (greatest)
/// value of the element type for a maximum (minimum).
public struct Reduce: Op {
  public let reduction: Reduction
  /// The axes that go, ascending.
  public let axes: [Int]
  /// Whether they stay as size 1.
  public let keep: Bool

  public init(_ reduction: Reduction, axes: [Int], keep: Bool = false) {
    self.reduction = reduction
    self.axes = axes
    self.keep = keep
  }

  public var name: String { reduction.opName }
  public var attributes: [Attribute] {
    [Attribute("axes", .ints(axes)), Attribute("keep", .bool(keep))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    switch reduction {
    case .sum, .prod: try operand.dtype.expectArithmetic()
    case .mean: try operand.dtype.expectFloat()
    case .max, .min: break
    }
    try operand.shape.expect(axes: axes)
    return TensorType(operand.dtype, keep ? kept(operand.shape) : dropped(operand.shape))
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let x = context.operands[0]
    let shape = kept(x.shape)
    let g = context.gradient.reshape(shape.dims)
    switch reduction {
    case .sum: return [.value(g.broadcast(to: x.shape))]
    case .mean:
      let count = Swift.max(1, axes.reduce(1) { $0 * x.shape[$1] })
      return [.value((g * (1 / Double(count))).broadcast(to: x.shape))]
    case .max, .min:
      // Shared evenly among ties, as torch.amax does.
      let chosen = x .== context.result.reshape(shape.dims)
      let ties = chosen.cast(to: x.dtype).sum(axes: axes, keepDims: true)
      return [.value(chosen.select(g / ties, g.constant(0)))]
    case .prod:
      return [.value(g * productOfOthers(x))]
    }
  }

  /// The products of what stands before and what stands after: no division, so that a factor of
  /// zero does no harm to any derivative. Of several axes, each in turn.
  private func productOfOthers(_ x: Value) -> Value {
    var others = x.constant(1)
    var product = x
    for axis in axes {
      let before = product.cumprod(axis, exclusive: true)
      let after = product.cumprod(axis, exclusive: true, reverse: true)
      others = others * (before * after)
      product = product.prod(axes: [axis], keepDims: true)
    }
    return others.broadcast(to: x.shape)
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .reduce(reduction, axes: axes)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let operand = operands[0]
    let read = BroadcastReader(kept(operand.shape), to: operand.shape)
    let start = reduction.start(type.dtype)
    var result = [Double](repeating: start, count: type.shape.count)
    for (element, x) in operand.values.enumerated() {
      let place = read.offset(of: element)
      result[place] = reduction.combine(result[place], x)
    }
    guard reduction == .mean else { return result }
    let count = axes.reduce(1) { $0 * operand.shape[$1] }
    return result.map { $0 / Double(count) }
  }

  private func kept(_ shape: Shape) -> Shape {
    var dims = shape.dims
    for axis in axes { dims[axis] = 1 }
    return Shape(dims)
  }

  private func dropped(_ shape: Shape) -> Shape {
    Shape(shape.dims.indices.filter { !axes.contains($0) }.map { shape[$0] })
  }

  public static let catalog = Reduction.allCases.map { reduction in
    OpEntry(
      reduction.opName, reduction.summary, gradient: reduction.formula,
      samples: { reduction.samples },
      make: { reader throws(OpError) in
        let axes = try reader.ints("axes")
        return try Reduce(reduction, axes: axes, keep: reader.bool("keep"))
      })
  }
}

extension Reduction {
  /// What reducing nothing gives, but for a mean, which divides by the count.
  func start(_ dtype: DType) -> Double {
    switch self {
    case .sum, .mean: 0
    case .prod: 1
    case .max: dtype.least
    case .min: dtype.greatest
    }
  }

  func combine(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .sum, .mean: a + b
    case .prod: a * b
    case .max: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
    case .min: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
    }
  }

  /// `max` and `min` are the elementwise ones.
  fileprivate var opName: String {
    switch self {
    case .sum, .mean, .prod: rawValue
    case .max, .min: "reduce_\(rawValue)"
    }
  }

  fileprivate var summary: String {
    switch self {
    case .sum: "sum over axes"
    case .mean: "mean over axes"
    case .prod: "product over axes"
    case .max: "largest over axes, NaN if any is"
    case .min: "smallest over axes, NaN if any is"
    }
  }

  fileprivate var formula: String {
    switch self {
    case .sum: "g broadcast"
    case .mean: "g / count, broadcast"
    case .prod: "g times the product of the others"
    case .max, .min: "g where x = y, shared among ties"
    }
  }

  fileprivate var samples: [OpSample] {
    let dtypes: [DType] =
      switch self {
      case .mean: [.f32, .f64]
      case .sum, .prod: [.f32, .f64, .i32, .i64]
      case .max, .min: [.f32, .f64, .i32, .i64, .u8, .bool]
      }
    let cases: [(Shape, [Int])] = [
      ([], []), ([7], [0]), ([3, 5], [1]), ([3, 5], [0]), ([3, 5], [0, 1]), ([3, 5], []),
      ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([2, 3, 4, 2], [1, 2]), ([2, 3, 4, 2], [0, 3]),
      ([0, 3], [1]), ([0, 3], [0]), ([2, 0], [0, 1]), ([1, 1], [0]),
    ]
    let large: [(Shape, [Int])] = [
      ([2085], [0]), ([33, 130], [1]), ([130, 33], [0]), ([3, 70, 11], [0, 2]),
    ]
    return dtypes.flatMap { dtype in
      (cases + (dtype == .f32 ? large : [])).flatMap { shape, axes in
        [false, true].map { keep in
          let range: ClosedRange<Double> =
            dtype == .bool
            ? 0...1
            : dtype == .u8
              ? 0...200
              : self != .prod ? -3...3 : dtype.isFloat ? 0.8...1.2 : -2...2
          // Of nothing, a mean is NaN and the extremes are infinite: no differences of these.
          let isFinite = shape.count > 0 || self == .sum || self == .prod
          let flows = dtype.isFloat && isFinite
          return OpSample(
            Reduce(self, axes: axes, keep: keep), [.init(dtype, shape, in: range)],
            gradient: flows, second: flows)
        }
      }
    }
  }
}

extension DType {
  /// The least value, minus infinity of a float.
  var least: Double {
    switch self {
    case .f32, .f64: -.infinity
    case .i32: Double(Int32.min)
    case .i64: -0x1p63
    case .bool, .u8: 0
    }
  }

  /// The greatest value, as far as a double holds it.
  var greatest: Double {
    switch self {
    case .f32, .f64: .infinity
    case .i32: Double(Int32.max)
    case .i64: 0x1p63
    case .bool: 1
    case .u8: 255
    }
  }
}

extension Value {
  /// Reduces over `axes`, counted from the end where negative; all of them if nil.
  func reduce(
    _ reduction: Reduction, _ axes: [Int]?, _ keep: Bool, _ file: String, _ line: Int
  ) -> Value {
    let axes = axes.map { $0.map(counted).sorted() } ?? Array(shape.dims.indices)
    return append(Reduce(reduction, axes: axes, keep: keep), [], file, line)
  }

  /// The sum over `axes`, all of them if nil; negative ones count from the end.
  public func sum(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { reduce(.sum, axes, keepDims, file, line) }

  /// The mean over `axes`, all of them if nil; negative ones count from the end.
  public func mean(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { reduce(.mean, axes, keepDims, file, line) }

  /// The product over `axes`, all of them if nil; negative ones count from the end.
  public func prod(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { reduce(.prod, axes, keepDims, file, line) }

  /// The largest element over `axes`, all of them if nil; of bools, whether any is true.
  public func max(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { reduce(.max, axes, keepDims, file, line) }

  /// The smallest element over `axes`, all of them if nil; of bools, whether all are true.
  public func min(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value { reduce(.min, axes, keepDims, file, line) }
}

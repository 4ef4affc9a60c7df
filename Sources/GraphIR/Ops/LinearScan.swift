/// The linear recurrence y[i] = a[i] y[i - 1] + b[i] along an axis, from y[-1] = 0.
///
/// With a = 1 it is a running sum, with b = 0 but for its first element a running product. It is
/// closed under differentiation: the gradients are recurrences from the other end.
public struct LinearScan: Op {
  public let axis: Int
  /// Whether it runs from the end to the start: y[i] = a[i] y[i + 1] + b[i].
  public let reverse: Bool

  public init(axis: Int, reverse: Bool = false) {
    self.axis = axis
    self.reverse = reverse
  }

  public var name: String { "linear_scan" }
  public var attributes: [Attribute] {
    [Attribute("axis", .int(axis)), Attribute("reverse", .bool(reverse))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let (a, b) = (operands[0], operands[1])
    try a.dtype.expectSame(b.dtype)
    try a.dtype.expectArithmetic()
    try a.shape.expect(axis: axis)
    guard a.shape == b.shape else { throw OpError("shapes \(a.shape) and \(b.shape) differ") }
    return a
  }

  /// With s the sum over all later elements of g times what they take of this one,
  /// s[i] = a[i + 1] s[i + 1] + g[i]; then d b = s and d a = s[i] y[i - 1].
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let a = context.operands[0]
    let s = a.shifted(axis, by: reverse ? 1 : -1).linearScan(
      context.gradient, axis: axis, reverse: !reverse)
    let before = context.result.shifted(axis, by: reverse ? -1 : 1)
    return [.value(s * before), .value(s)]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .linearScan(axis: axis, reverse: reverse)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (a, b) = (operands[0].values, operands[1].values)
    let size = type.shape[axis]
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    var result = b
    for first in 0..<type.shape.count where first / inner % size == 0 {
      for step in 1..<Swift.max(1, size) {
        let place = first + (reverse ? size - 1 - step : step) * inner
        let last = place + (reverse ? inner : -inner)
        result[place] = a[place] * result[last] + b[place]
      }
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "linear_scan", "y[i] = a[i] y[i - 1] + b[i] along an axis",
      gradient: "s[i] y[i - 1], s; s[i] = a[i + 1] s[i + 1] + g[i]",
      samples: {
        let cases: [(Shape, Int)] = [
          ([6], 0), ([3, 5], 0), ([3, 5], 1), ([2, 3, 4], 1), ([1], 0), ([0], 0), ([3, 0], 0),
          ([0, 3], 1), ([33, 70], 1), ([70, 33], 0),
        ]
        return [DType.f32, .f64, .i32, .i64].flatMap { dtype in
          cases.flatMap { shape, axis in
            [false, true].map { reverse in
              // Whole numbers stay small where a is -1, 0 or 1.
              OpSample(
                LinearScan(axis: axis, reverse: reverse),
                [.init(dtype, shape, in: -1...1), .init(dtype, shape)], gradient: dtype.isFloat,
                second: dtype.isFloat)
            }
          }
        }
      },
      make: { reader throws(OpError) in
        let axis = try reader.int("axis")
        return try LinearScan(axis: axis, reverse: reader.bool("reverse"))
      })
  ]
}

extension Value {
  /// y[i] = self[i] y[i - 1] + b[i] along `axis`, from y[-1] = 0; with `reverse` from the end.
  public func linearScan(
    _ b: Value, axis: Int, reverse: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    append(LinearScan(axis: counted(axis), reverse: reverse), [b], file, line)
  }

  /// Running products along `axis`; `exclusive` leaves the element itself out, `reverse` starts at
  /// the end. Gradients are right where factors are zero, too.
  public func cumprod(
    _ axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let axis = existing(axis, "cumprod", file, line) else { return failed("", file, line) }
      let size = shape[axis]
      // 1 at the first element, 0 elsewhere.
      let place = builder.constant(Double(reverse ? size - 1 : 0), .i64)
      let trailing = Array(repeating: 1, count: shape.rank - axis - 1)
      let isFirst = builder.iota(.i64, Shape([size] + trailing)) .== place
      let factors = exclusive ? shifted(axis, by: reverse ? -1 : 1) : self
      let start = exclusive ? constant(1) : self
      let b = isFirst.select(start, constant(0)).broadcast(to: shape)
      return factors.linearScan(b, axis: axis, reverse: reverse)
    }
  }

  /// Element i - places in place of element i along `axis`, zeros where there is none.
  func shifted(_ axis: Int, by places: Int) -> Value {
    var low = [Int](repeating: 0, count: shape.rank)
    var high = low
    guard isValid, shape.dims.indices.contains(axis), shape[axis] > 0 else { return self }
    low[axis] = Swift.max(0, places)
    high[axis] = Swift.max(0, -places)
    let padded = pad(low: low, high: high)
    return padded.slice(axis, from: high[axis], to: high[axis] + shape[axis])
  }
}

/// Every step-th element from start up to but not including end, along some axes.
///
/// As in Python: negative starts and ends count from the end of the axis, what lies outside is
/// moved to the edge, and a negative step walks backwards. 9223372036854775807 as an end, or its
/// negative with a negative step, means to the end.
public struct StridedSlice: Op {
  /// Ascending; the other three have one entry an axis of these.
  public let axes: [Int]
  public let starts: [Int]
  public let ends: [Int]
  public let steps: [Int]

  public init(axes: [Int], starts: [Int], ends: [Int], steps: [Int]) {
    self.axes = axes
    self.starts = starts
    self.ends = ends
    self.steps = steps
  }

  public var name: String { "slice" }
  public var attributes: [Attribute] {
    [
      Attribute("axes", .ints(axes)), Attribute("starts", .ints(starts)),
      Attribute("ends", .ints(ends)), Attribute("steps", .ints(steps)),
    ]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    guard [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }) else {
      throw OpError(
        "\(axes.count) axes, but \(starts.count) starts, \(ends.count) ends, \(steps.count) steps")
    }
    try operand.shape.expect(axes: axes)
    guard !steps.contains(0) else { throw OpError("a step of 0 goes nowhere") }
    return TensorType(operand.dtype, Shape(walks(operand.shape).map(\.count)))
  }

  /// The indices `first`, `first + step`, ... that are taken of one axis.
  struct Walk {
    var first: Int
    var step: Int
    var count: Int

    static func all(_ size: Int) -> Walk { Walk(first: 0, step: 1, count: size) }

    /// As Python's `slice(start, end, step).indices(size)`.
    init(_ start: Int, _ end: Int, _ step: Int, size: Int) {
      let low = step > 0 ? 0 : -1
      let high = step > 0 ? size : size - 1
      func clamped(_ index: Int) -> Int {
        Swift.min(Swift.max(index < 0 ? index + size : index, low), high)
      }
      first = clamped(start)
      let distance = step > 0 ? clamped(end) - first : first - clamped(end)
      let stride = step.magnitude > UInt(size) ? size + 1 : Int(step.magnitude)
      count = distance > 0 ? (distance - 1) / stride + 1 : 0
      // With one element or none the step is never taken.
      self.step = count > 1 ? (step > 0 ? stride : -stride) : 1
      if count == 0 { first = 0 }
    }

    init(first: Int, step: Int, count: Int) {
      self.first = first
      self.step = step
      self.count = count
    }
  }

  /// What is taken of each axis of an operand.
  func walks(_ shape: Shape) -> [Walk] {
    var walks = shape.dims.map(Walk.all)
    for (place, axis) in axes.enumerated() {
      walks[axis] = Walk(starts[place], ends[place], steps[place], size: shape[axis])
    }
    return walks
  }

  /// The gradient lands where its elements came from, zeros between: a padding with holes.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let shape = context.operands[0].shape
    var g = context.gradient
    var (low, high, interior) = ([Int](), [Int](), [Int]())
    for (axis, walk) in walks(shape).enumerated() {
      if walk.step < 0 { g = g.flip(axis) }
      let reach = Swift.max(0, walk.count - 1) * Swift.abs(walk.step)
      let first = walk.count == 0 ? shape[axis] : walk.step < 0 ? walk.first - reach : walk.first
      low.append(first)
      high.append(walk.count == 0 ? 0 : shape[axis] - 1 - first - reach)
      interior.append(Swift.abs(walk.step) - 1)
    }
    return [.value(g.pad(low: low, high: high, interior: interior))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    let strides = operands[0].shape.strides
    let walks = walks(operands[0].shape)
    let offset = zip(walks, strides).reduce(0) { $0 + $1.0.first * $1.1 }
    return .view(ViewMap(offset: offset, strides: zip(walks, strides).map { $0.step * $1 }))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let walks = walks(operands[0].shape)
    return operands[0].elements(type.shape) { place in
      zip(place, walks).map { $1.first + $0 * $1.step }
    }
  }

  public static let catalog = [
    OpEntry(
      "slice", "every step-th element along axes", gradient: "g padded with zeros",
      samples: { samples },
      make: { reader throws(OpError) in
        let axes = try reader.ints("axes")
        let starts = try reader.ints("starts")
        let ends = try reader.ints("ends")
        return try StridedSlice(axes: axes, starts: starts, ends: ends, steps: reader.ints("steps"))
      })
  ]

  private static var samples: [OpSample] {
    let (front, end) = (Int.min, Int.max)
    let cases: [(Shape, [Int], [Int], [Int], [Int])] = [
      ([], [], [], [], []), ([7], [0], [2], [5], [1]), ([7], [0], [1], [end], [2]),
      ([7], [0], [end], [front], [-1]), ([7], [0], [-2], [0], [-2]), ([7], [0], [3], [-100], [-3]),
      ([7], [0], [-3], [end], [1]), ([7], [0], [5], [2], [1]), ([7], [0], [0], [end], [end]),
      ([7], [0], [end], [-end], [front]), ([3, 5], [1], [1], [-1], [1]),
      ([3, 5], [0], [1], [3], [1]), ([3, 5], [0, 1], [2, 0], [-9, 5], [-2, 2]),
      ([2, 3, 4], [0, 2], [0, 3], [1, 0], [1, -1]),
      ([2, 3, 4, 5], [1, 3], [1, 4], [3, 0], [1, -2]),
      ([0, 3], [0], [0], [end], [1]), ([0, 3], [0, 1], [end, 2], [front, end], [-1, 1]),
      ([1, 4], [0], [0], [1], [3]), ([33, 70], [0, 1], [1, 3], [end, end], [2, 1]),
    ]
    return DType.allCases.flatMap { dtype in
      cases.map { shape, axes, starts, ends, steps in
        OpSample(
          StridedSlice(axes: axes, starts: starts, ends: ends, steps: steps),
          [.init(dtype, shape, in: dtype.sampleRange)], gradient: dtype.isFloat,
          second: dtype.isFloat, elementwise: true)
      }
    }
  }
}

extension Value {
  /// Elements `from`, `from + step`, ... before `to` along `axis`, with Python's rules.
  public func slice(
    _ axis: Int, from: Int = 0, to: Int = .max, step: Int = 1, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    slice(axes: [axis], from: [from], to: [to], step: [step], file: file, line: line)
  }

  /// `slice` along several axes at once, one entry each.
  public func slice(
    axes: [Int], from starts: [Int], to ends: [Int], step steps: [Int], file: String = #fileID,
    line: Int = #line
  ) -> Value {
    let axes = axes.map(counted)
    var order = Array(axes.indices)
    if [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }) {
      order.sort { axes[$0] < axes[$1] }
      let op = StridedSlice(
        axes: order.map { axes[$0] }, starts: order.map { starts[$0] },
        ends: order.map { ends[$0] }, steps: order.map { steps[$0] })
      return append(op, [], file, line)
    }
    return append(
      StridedSlice(axes: axes, starts: starts, ends: ends, steps: steps), [], file, line)
  }

  /// The elements in reverse order along `axis`.
  public func flip(_ axis: Int, file: String = #fileID, line: Int = #line) -> Value {
    slice(axis, from: .max, to: .min, step: -1, file: file, line: line)
  }

  /// Elements `range` along `axis`: `x[axis: 0, 2..<5]`.
  public subscript(
    axis axis: Int, range: Range<Int>, file: String = #fileID, line: Int = #line
  ) -> Value {
    slice(axis, from: range.lowerBound, to: range.upperBound, file: file, line: line)
  }

  /// The element `index` along `axis`, which is dropped; negative counts from the end.
  public subscript(
    axis axis: Int, index: Int, file: String = #fileID, line: Int = #line
  ) -> Value {
    guard let axis = existing(axis, "subscript", file, line) else { return failed("", file, line) }
    let place = index < 0 ? index + shape[axis] : index
    guard place >= 0, place < shape[axis] else {
      return failed("subscript: \(type) has no element \(index) on axis \(axis)", file, line)
    }
    return slice(axis, from: place, to: place + 1, file: file, line: line)
      .squeeze(axis, file: file, line: line)
  }
}

/// The sum of each window.
public struct SumPool: Op {
  public let windows: Windows

  public init(_ windows: Windows) { self.windows = windows }

  public var name: String { "sum_pool" }
  public var attributes: [Attribute] { windows.attributes }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let x = try operands.single()
    try x.dtype.expectFloat()
    return TensorType(x.dtype, try windows.places(in: x.shape))
  }

  /// Each element has the sum of the g of its windows: windows over g once that is spread by the
  /// strides. Along axes where windows only touch, that is one g, repeated.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let shape = context.operands[0].shape
    let touching = windows.axes.indices.filter {
      windows.dilations[$0] == 1 && windows.strides[$0] == windows.sizes[$0]
    }
    let others = windows.axes.indices.filter { !touching.contains($0) }
    var g = context.gradient
    for index in others {
      let (axis, stride) = (windows.axes[index], windows.strides[index])
      let (border, count) = (windows.reach(index), g.shape[axis])
      let high = shape[axis] - stride * (count - 1) - 1
      g = g.padded(axis, low: border, high: high, interior: stride - 1)
    }
    if !others.isEmpty {
      g = g.sumPool(
        Windows(
          axes: others.map { windows.axes[$0] }, sizes: others.map { windows.sizes[$0] },
          dilations: others.map { windows.dilations[$0] }))
    }
    if !touching.isEmpty {
      g = g.repeated(
        axes: touching.map { windows.axes[$0] }, counts: touching.map { windows.sizes[$0] })
    }
    for index in touching {
      let axis = windows.axes[index]
      g = g.padded(axis, low: 0, high: shape[axis] - g.shape[axis])
    }
    return [.value(g)]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .pool(.sum, windows) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    var result: [Double] = []
    windows.forEachWindow(operands[0].shape, type.shape) { elements in
      result.append(elements.reduce(0) { $0 + operands[0].values[$1] })
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "sum_pool", "sum of each window along axes", gradient: "g spread, padded and sum-pooled",
      samples: {
        Windows.samples.map { dtype, shape, windows in
          OpSample(SumPool(windows), [.init(dtype, shape)], second: shape.count < 2000)
        }
      },
      make: { reader throws(OpError) in SumPool(try Windows(reader: &reader)) })
  ]
}

/// Each element several times along axes, one after the other: nearest-neighbour enlargement.
public struct Repeat: Op {
  public let axes: [Int]
  /// How often, one entry an axis of `axes`.
  public let counts: [Int]

  public init(axes: [Int], counts: [Int]) {
    self.axes = axes
    self.counts = counts
  }

  public var name: String { "repeat" }
  public var attributes: [Attribute] {
    [Attribute("axes", .ints(axes)), Attribute("counts", .ints(counts))]
  }

  private var windows: Windows { Windows(axes: axes, sizes: counts, strides: counts) }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let x = try operands.single()
    try x.dtype.expectFloat()
    try x.shape.expect(axes: axes)
    guard counts.count == axes.count, counts.allSatisfy((1...Shape.maximumCount).contains) else {
      throw OpError("needs one count of 1 or more an axis of \(Shape(axes)): \(Shape(counts))")
    }
    var dims = x.shape.dims
    for (axis, count) in zip(axes, counts) {
      let (size, overflow) = dims[axis].multipliedReportingOverflow(by: count)
      guard !overflow else { throw OpError("\(count) times axis \(axis) of \(x) is too long") }
      dims[axis] = size
    }
    return TensorType(x.dtype, try Shape(dims).checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    // Windows must have an element, and an axis without any needs no windows.
    if context.result.shape.count == 0 { return [.value(context.operands[0])] }
    return [.value(context.gradient.sumPool(windows))]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .pool(.spread, windows) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    var counts = [Int](repeating: 1, count: type.shape.rank)
    for (axis, count) in zip(axes, self.counts) { counts[axis] = count }
    return operands[0].elements(type.shape) { place in zip(place, counts).map { $0 / $1 } }
  }

  public static let catalog = [
    OpEntry(
      "repeat", "each element several times along axes", gradient: "g summed over the repetitions",
      samples: {
        let cases: [(Shape, [Int], [Int])] = [
          ([3], [0], [2]), ([2, 3], [], []), ([2, 3, 4, 5], [1, 2], [2, 2]),
          ([2, 3, 4, 5], [2, 3], [3, 2]), ([2, 3], [0, 1], [1, 4]), ([0, 3], [1], [2]),
          ([0, 3], [0], [2]), ([1, 1], [0, 1], [2, 3]), ([9, 17, 13, 65], [1, 2], [2, 2]),
        ]
        return [DType.f32, .f64].flatMap { dtype in
          cases.map { shape, axes, counts in
            OpSample(
              Repeat(axes: axes, counts: counts), [.init(dtype, shape)],
              second: shape.count < 2000, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in
        let axes = try reader.ints("axes")
        return try Repeat(axes: axes, counts: reader.ints("counts"))
      })
  ]
}

extension Value {
  /// The sum of each window; see `Windows`.
  public func sumPool(_ windows: Windows, file: String = #fileID, line: Int = #line) -> Value {
    append(SumPool(windows), [], file, line)
  }

  /// Each element `counts` times along `axes`, one entry each: 1 2 becomes 1 1 2 2.
  public func repeated(
    axes: [Int], counts: [Int], file: String = #fileID, line: Int = #line
  ) -> Value {
    let axes = axes.map(counted)
    guard axes.count == counts.count else {
      return append(Repeat(axes: axes, counts: counts), [], file, line)
    }
    let order = axes.indices.sorted { axes[$0] < axes[$1] }
    return append(
      Repeat(axes: order.map { axes[$0] }, counts: order.map { counts[$0] }), [], file, line)
  }
}

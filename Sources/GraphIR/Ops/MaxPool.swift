/// The largest element of each window, NaN if any is. Padding is a `pad` with -inf before.
public struct MaxPool: Op {
  public let windows: Windows

  public init(_ windows: Windows) { self.windows = windows }

  public var name: String { "max_pool" }
  public var attributes: [Attribute] { windows.attributes }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let x = try operands.single()
    try x.dtype.expectFloat()
    return TensorType(x.dtype, try windows.places(in: x.shape))
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let x = context.operands[0]
    return [.value(x.apply(MaxPoolGradient(windows), context.gradient))]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .pool(.max, windows) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    windows.largest(operands[0], type.shape).map { operands[0].values[$0] }
  }

  public static let catalog = [
    OpEntry(
      "max_pool", "largest of each window along axes, NaN if any is",
      gradient: "max_pool_gradient(x, g)",
      samples: {
        Windows.samples.map { dtype, shape, windows in
          OpSample(
            MaxPool(windows), [.init(dtype, shape)], second: shape.count < 2000, elementwise: true)
        }
      },
      make: { reader throws(OpError) in MaxPool(try Windows(reader: &reader)) })
  ]
}

/// The gradient of `max_pool` by x: of each window the first of its largest elements (of NaNs the
/// last) has the window's g, all others have 0, and windows that overlap add up.
public struct MaxPoolGradient: Op {
  public let windows: Windows

  public init(_ windows: Windows) { self.windows = windows }

  public var name: String { "max_pool_gradient" }
  public var attributes: [Attribute] { windows.attributes }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let (x, g) = (operands[0], operands[1])
    try x.dtype.expectFloat()
    try x.dtype.expectSame(g.dtype)
    let places = try windows.places(in: x.shape)
    guard g.shape == places else {
      throw OpError("the gradient must have one element a window, \(places): \(g)")
    }
    return x
  }

  /// What reaches the result at a window's largest element reaches g there.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (x, h) = (context.operands[0], context.gradient)
    let places = context.operands[1].shape
    let slices = windows.offsets.map { offset -> (Value, Value) in
      let ends = offset.indices.map { index in
        offset[index] + (places[windows.axes[index]] - 1) * windows.strides[index] + 1
      }
      func slice(_ value: Value) -> Value {
        value.slice(axes: windows.axes, from: offset, to: ends, step: windows.strides)
      }
      return (slice(x), slice(h))
    }
    var (largest, chosen) = slices[0]
    for (x, h) in slices.dropFirst() {
      let isLarger = (x .> largest) .| x.isNaN()
      largest = isLarger.select(x, largest)
      chosen = isLarger.select(h, chosen)
    }
    return [.zero("the largest element's place is constant between ties"), .value(chosen)]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .pool(.maxGradient, windows)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    var result = [Double](repeating: 0, count: type.shape.count)
    let places = windows.largest(operands[0], operands[1].shape)
    for (place, g) in zip(places, operands[1].values) { result[place] += g }
    return result
  }

  public static let catalog = [
    OpEntry(
      "max_pool_gradient", "g at each window's largest element, 0 elsewhere, added up",
      gradient: "0, g at each window's largest element",
      samples: {
        Windows.samples.compactMap { dtype, shape, windows in
          guard let places = try? windows.places(in: shape) else { return nil }
          return OpSample(
            MaxPoolGradient(windows), [.init(dtype, shape), .init(dtype, places)],
            second: shape.count < 2000)
        }
      },
      make: { reader throws(OpError) in MaxPoolGradient(try Windows(reader: &reader)) })
  ]
}

extension Windows {
  /// The place in `x` of the largest element of each window.
  fileprivate func largest(_ x: ReferenceTensor, _ places: Shape) -> [Int] {
    var result: [Int] = []
    forEachWindow(x.shape, places) { elements in
      let first = elements[0]
      result.append(
        elements.dropFirst().reduce(first) { best, place in
          let value = x.values[place]
          return value > x.values[best] || value.isNaN ? place : best
        })
    }
    return result
  }

  /// Calls `body` with the places in a tensor of `shape` of each window's elements.
  func forEachWindow(_ shape: Shape, _ places: Shape, _ body: (_ elements: [Int]) -> Void) {
    let strides = shape.strides
    let offsets = offsets.map { offset in
      zip(axes, offset).reduce(0) { $0 + strides[$1.0] * $1.1 }
    }
    var steps = strides
    for (axis, stride) in zip(axes, self.strides) { steps[axis] *= stride }
    places.forEachPlace { place in
      let start = zip(place, steps).reduce(0) { $0 + $1.0 * $1.1 }
      body(offsets.map { start + $0 })
    }
  }

  /// Either layout of images, windows that overlap, touch and leave gaps, no axis and every axis.
  static var samples: [(DType, Shape, Windows)] {
    let cases: [(Shape, Windows)] = [
      ([7], Windows(axes: [0], sizes: [3])), ([3, 5], Windows(axes: [], sizes: [])),
      ([2, 6, 8, 5], Windows(axes: [1, 2], sizes: [2, 2], strides: [2, 2])),
      ([2, 3, 6, 8], Windows(axes: [2, 3], sizes: [2, 2], strides: [2, 2])),
      ([2, 3, 7, 7], Windows(axes: [2, 3], sizes: [3, 2], strides: [2, 1])),
      ([2, 9, 7, 3], Windows(axes: [1, 2], sizes: [2, 3], strides: [4, 1], dilations: [2, 3])),
      ([3, 9], Windows(axes: [1], sizes: [2], strides: [4])),
      ([4, 6], Windows(axes: [0, 1], sizes: [4, 6])),
      ([1, 4, 5, 1], Windows(axes: [1, 2], sizes: [3, 3], strides: [1, 2])),
      ([0, 4], Windows(axes: [1], sizes: [2])),
    ]
    let large: [(Shape, Windows)] = [
      ([33, 12, 14, 35], Windows(axes: [1, 2], sizes: [2, 2], strides: [2, 2])),
      ([19, 13, 13, 33], Windows(axes: [1, 2], sizes: [3, 3], strides: [2, 2])),
      ([1, 34, 42, 67], Windows(axes: [1, 2], sizes: [3, 3])),
    ]
    let small = [DType.f32, .f64].flatMap { dtype in cases.map { (dtype, $0.0, $0.1) } }
    return small + large.map { (.f32, $0.0, $0.1) }
  }
}

extension Value {
  /// The largest element of each window; see `Windows`.
  public func maxPool(_ windows: Windows, file: String = #fileID, line: Int = #line) -> Value {
    append(MaxPool(windows), [], file, line)
  }
}

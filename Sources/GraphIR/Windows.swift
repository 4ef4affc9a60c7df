/// Windows that slide along some axes of a tensor; the other axes are as they are.
public struct Windows: Hashable, Sendable {
  /// The axes, in ascending order.
  public let axes: [Int]
  /// Elements of a window, one entry an axis of `axes`, as all that follow.
  public let sizes: [Int]
  /// Elements from one window to the next.
  public let strides: [Int]
  /// Elements from one element of a window to the next.
  public let dilations: [Int]

  /// Steps are 1 where they are not given.
  public init(axes: [Int], sizes: [Int], strides: [Int]? = nil, dilations: [Int]? = nil) {
    self.axes = axes
    self.sizes = sizes
    self.strides = strides ?? axes.map { _ in 1 }
    self.dilations = dilations ?? axes.map { _ in 1 }
  }

  /// Elements of a window.
  public var count: Int { sizes.reduce(1, *) }

  /// Whether no element is in two windows.
  public var areDisjoint: Bool {
    axes.indices.allSatisfy { strides[$0] > dilations[$0] * (sizes[$0] - 1) }
  }

  /// Whether every element of a tensor of `shape` is in a window.
  public func cover(_ shape: Shape) -> Bool {
    axes.indices.allSatisfy { index in
      let (size, length) = (sizes[index], shape[axes[index]])
      let isDense = dilations[index] == 1 && strides[index] <= size
      return isDense && (length - size) % strides[index] == 0
    }
  }

  /// The elements of a window, each as steps along `axes` from the first, in row-major order.
  public var offsets: [[Int]] {
    var result: [[Int]] = []
    Shape(sizes).forEachPlace { place in result.append(zip(place, dilations).map { $0 * $1 }) }
    return result
  }

  /// Elements between the first and the last of a window along the axis `axes[index]`.
  func reach(_ index: Int) -> Int { dilations[index] * (sizes[index] - 1) }

  var attributes: [Attribute] {
    [
      Attribute("axes", .ints(axes)), Attribute("sizes", .ints(sizes)),
      Attribute("strides", .ints(strides)), Attribute("dilations", .ints(dilations)),
    ]
  }

  init(reader: inout AttributeReader) throws(OpError) {
    axes = try reader.ints("axes")
    sizes = try reader.ints("sizes")
    strides = try reader.ints("strides")
    dilations = try reader.ints("dilations")
  }

  /// The places of the windows in a tensor of `shape`. Throws where a window does not fit.
  func places(in shape: Shape) throws(OpError) -> Shape {
    try shape.expect(axes: axes)
    guard [sizes, strides, dilations].allSatisfy({ $0.count == axes.count }) else {
      throw OpError("needs one size, stride and dilation an axis of \(Shape(axes))")
    }
    var places = shape
    for (index, axis) in axes.enumerated() {
      let window = try Window(
        size: sizes[index], stride: strides[index], dilation: dilations[index])
      places[axis] = try window.places(in: shape[axis])
    }
    return places
  }
}

/// Where a window of `size` elements, `dilation` apart, can lie along an axis, `stride` apart.
struct Window {
  let size: Int
  let stride: Int
  /// Elements from the window's first to its last, both counted.
  let extent: Int

  init(size: Int, stride: Int, dilation: Int) throws(OpError) {
    let limit = 1...Shape.maximumCount
    guard limit.contains(stride), limit.contains(dilation) else {
      throw OpError("strides and dilations must be 1 or more and within the limits")
    }
    guard limit.contains(size) else { throw OpError("a window must have 1 element or more") }
    let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: dilation)
    guard !overflow, reach < Shape.maximumCount else {
      throw OpError("dilation \(dilation) spreads a window of \(size) beyond the limits")
    }
    self.size = size
    self.stride = stride
    extent = reach + 1
  }

  /// The number of places in an axis. Throws where there is none.
  func places(in axis: Int) throws(OpError) -> Int {
    guard extent <= axis else {
      throw OpError("a window of \(extent) does not fit an axis of \(axis)")
    }
    return (axis - extent) / stride + 1
  }
}

import GraphIR

/// How a convolution's or a pool's windows lie over the spatial axes of [batch, channels, X...],
/// one entry an axis.
struct WindowGeometry {
  var sizes: [Int]
  var strides: [Int]
  var dilations: [Int]
  /// Padding before the first element and after the last.
  var low: [Int]
  var high: [Int]
  /// The part of `high` that only `ceil_mode` asks for.
  private(set) var overhang: [Int]

  /// More is a mistake, and less keeps every product within range.
  static let limit = 1 << 24

  /// From the attributes `strides`, `dilations`, `pads` and `auto_pad`, over axes of `lengths`.
  ///
  /// `sizes` are the windows' sizes. With `ceil_mode`, the padding at the end grows so that the
  /// last window fits, unless it would lie in padding alone.
  init(_ node: OperatorContext, sizes: [Int], lengths: [Int]) throws {
    let count = lengths.count
    self.sizes = sizes
    strides = node.ints("strides") ?? Array(repeating: 1, count: count)
    dilations = node.ints("dilations") ?? Array(repeating: 1, count: count)
    let pads = node.ints("pads") ?? Array(repeating: 0, count: 2 * count)
    guard [sizes, strides, dilations].allSatisfy({ $0.count == count }), pads.count == 2 * count
    else { throw node.wrong("its attributes do not fit \(count) spatial axes") }
    guard (sizes + strides + dilations).allSatisfy((1...Self.limit).contains),
      pads.allSatisfy((-Self.limit...Self.limit).contains)
    else { throw node.wrong("a size, stride, dilation or padding is outside the limits") }
    low = Array(pads[..<count])
    high = Array(pads[count...])
    overhang = lengths.map { _ in 0 }
    let padding = node.string("auto_pad") ?? "NOTSET"
    for axis in 0..<count {
      switch padding {
      case "NOTSET", "": break
      case "VALID": (low[axis], high[axis]) = (0, 0)
      case "SAME_UPPER", "SAME_LOWER":
        let places = (lengths[axis] + strides[axis] - 1) / strides[axis]
        let reach = (places - 1) * strides[axis] + extent(axis)
        let total = max(0, reach - lengths[axis])
        low[axis] = padding == "SAME_UPPER" ? total / 2 : total - total / 2
        high[axis] = total - low[axis]
      default: throw node.wrong("'auto_pad' must not be '\(padding)'")
      }
    }
    if node.flag("ceil_mode") { growToFit(lengths) }
  }

  /// Elements from a window's first to its last, both counted.
  func extent(_ axis: Int) -> Int { dilations[axis] * (sizes[axis] - 1) + 1 }

  /// The number of windows along an axis of this length.
  func places(_ axis: Int, _ length: Int) -> Int {
    let free = low[axis] + length + high[axis] - extent(axis)
    return free < 0 ? 0 : free / strides[axis] + 1
  }

  /// For `convolution`.
  var convolutionAxes: [ConvolutionAxis] {
    sizes.indices.map {
      ConvolutionAxis(
        stride: strides[$0], low: low[$0], high: high[$0], dilation: dilations[$0])
    }
  }

  /// For `maxPool`.
  var poolAxes: [PoolAxis] {
    sizes.indices.map {
      PoolAxis(
        sizes[$0], stride: strides[$0], low: low[$0], high: high[$0], dilation: dilations[$0])
    }
  }

  /// For pools over what has been padded.
  var windows: Windows {
    Windows(
      axes: sizes.indices.map { $0 + 2 }, sizes: sizes, strides: strides, dilations: dilations)
  }

  private mutating func growToFit(_ lengths: [Int]) {
    for axis in lengths.indices {
      let (stride, length) = (strides[axis], lengths[axis])
      let free = low[axis] + length + high[axis] - extent(axis)
      guard free >= 0 else { continue }
      let last = (free + stride - 1) / stride
      guard last * stride < low[axis] + length else { continue }
      overhang[axis] = last * stride - free
      high[axis] += overhang[axis]
    }
  }
}

extension Value {
  /// `value` before and after each axis, one entry an axis; elements cut off where negative.
  func framed(low: [Int], high: [Int], value: Double = 0) -> Value {
    var x = self
    let cut = low.indices.filter { low[$0] < 0 || high[$0] < 0 }
    if !cut.isEmpty {
      x = x.slice(
        axes: cut, from: cut.map { Swift.max(0, -low[$0]) },
        to: cut.map { Swift.max(0, shape[$0] + Swift.min(0, high[$0])) }, step: cut.map { _ in 1 })
    }
    let (before, after) = (low.map { Swift.max(0, $0) }, high.map { Swift.max(0, $0) })
    if (before + after).allSatisfy({ $0 == 0 }) { return x }
    return x.pad(low: before, high: after, value: value)
  }

  /// The same around the spatial axes of [batch, channels, X...].
  func framed(_ geometry: WindowGeometry, value: Double = 0) -> Value {
    framed(low: [0, 0] + geometry.low, high: [0, 0] + geometry.high, value: value)
  }

  /// One number a place of an axis, to meet the whole tensor.
  func along(_ axis: Int, _ values: [Double]) -> Value {
    // A value that could not be built has no axes.
    var dims = [Int](repeating: 1, count: Swift.max(1, shape.rank - axis))
    dims[0] = values.count
    return builder.constant(Tensor(TensorType(dtype, Shape(dims)), doubles: values))
  }

  /// Elements along an axis mixed by `matrix` [length, count]: the axis has `count` elements then.
  func mixed(along axis: Int, _ matrix: [Double], _ count: Int) -> Value {
    let weights = builder.constant(
      Tensor(TensorType(dtype, [shape[axis], count]), doubles: matrix))
    if shape.rank == 1 { return expandDims(0).matmul(weights).reshape([count]) }
    if axis == shape.rank - 1 { return matmul(weights) }
    return swapAxes(axis, -1).matmul(weights).swapAxes(axis, -1)
  }

  /// [channels] as [channels, 1, ...], to meet [batch, channels, X...] of `rank` axes.
  func acrossChannels(rank: Int) -> Value {
    reshape([shape.count] + [Int](repeating: 1, count: Swift.max(0, rank - 2)))
  }
}

/// A convolution in groups over any number of spatial axes, as deep learning has it: a
/// cross-correlation, without padding and without bias.
///
/// x [batch, groups, channels, X...] and w [groups, filters, channels, K...] give
/// [batch, groups, filters, Y...] with Y = (X - dilation (K - 1) - 1) / stride + 1, and
/// y[n, g, f, i] = sum over c, k of x[n, g, c, stride i + dilation k] w[g, f, c, k].
public struct Convolution: Op {
  /// Steps between the places of the kernel, one entry a spatial axis.
  public let strides: [Int]
  /// Steps between the elements under the kernel, one entry a spatial axis.
  public let dilations: [Int]
  /// Whether x is [batch, X..., groups, channels] and the result [batch, Y..., groups, filters], the
  /// axis of groups missing from both where there is one group. The kernel keeps its axes. Passes
  /// choose it; the API has channels first.
  public let isChannelsLast: Bool

  public init(strides: [Int], dilations: [Int], isChannelsLast: Bool = false) {
    self.strides = strides
    self.dilations = dilations
    self.isChannelsLast = isChannelsLast
  }

  public var name: String { "convolution" }
  public var attributes: [Attribute] {
    [
      Attribute("strides", .ints(strides)), Attribute("dilations", .ints(dilations)),
      Attribute("channels_last", .bool(isChannelsLast)),
    ]
  }

  /// The same with channels before the spatial axes.
  private var channelsFirst: Convolution { Convolution(strides: strides, dilations: dilations) }

  /// Which of batch, groups, channels, X... each axis of an x of this rank is; the same for the
  /// result.
  private func order(rank: Int) -> [Int] {
    let spatial = Array(3..<strides.count + 3)
    if !isChannelsLast { return [0, 1, 2] + spatial }
    return rank == strides.count + 2 ? [0] + spatial + [2] : [0] + spatial + [1, 2]
  }

  /// One entry an axis of x or of the result as batch, groups, channels, X...; `missing` for an axis
  /// of groups that is not there.
  private func canonical<T>(_ entries: [T], missing: T) -> [T] {
    var result = [T](repeating: missing, count: strides.count + 3)
    for (entry, place) in zip(entries, order(rank: entries.count)) { result[place] = entry }
    return result
  }

  /// With the axis of groups in place: [batch, groups, channels, X...].
  private func channelsFirst(_ value: Value) -> Value {
    guard isChannelsLast else { return value }
    let rank = value.shape.rank
    let spatial = strides.count
    let whole = rank == spatial + 3
    let x = whole ? value : value.reshape(value.shape.dims.dropLast() + [1, value.shape[rank - 1]])
    return x.transpose([0, spatial + 1, spatial + 2] + Array(1..<spatial + 1))
  }

  private func channelsLast(_ value: Value, like shape: Shape) -> Value {
    guard isChannelsLast else { return value }
    return value.transpose([0] + Array(3..<strides.count + 3) + [1, 2]).reshape(shape)
  }

  /// Axes before the spatial ones.
  static let leading = 3

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let (x, w) = (operands[0], operands[1])
    try x.dtype.expectSame(w.dtype)
    try x.dtype.expectFloat()
    let spatial = strides.count
    guard spatial >= 1, dilations.count == spatial else {
      throw OpError("needs one stride and one dilation a spatial axis")
    }
    let rank = Convolution.leading + spatial
    let isSingle = isChannelsLast && x.shape.rank == rank - 1 && w.shape.dims.first == 1
    guard x.shape.rank == rank || isSingle, w.shape.rank == rank else {
      let layout =
        isChannelsLast ? "[batch, X..., groups, channels]" : "[batch, groups, channels, X...]"
      throw OpError(
        "needs \(layout) and [groups, filters, channels, K...] with \(spatial) spatial axes: "
          + "\(x) and \(w)")
    }
    let sizes = canonical(x.shape.dims, missing: 1)
    guard sizes[1] == w.shape[0] else { throw OpError("groups differ: \(x) and \(w)") }
    guard sizes[2] == w.shape[2] else { throw OpError("channels differ: \(x) and \(w)") }
    var dims = [sizes[0], sizes[1], w.shape[1]]
    for axis in 0..<spatial {
      let place = axis + Convolution.leading
      let window = try Window(
        size: w.shape[place], stride: strides[axis], dilation: dilations[axis])
      dims.append(try window.places(in: sizes[place]))
    }
    let ordered = order(rank: x.shape.rank).map { dims[$0] }
    return TensorType(x.dtype, try Shape(ordered).checked())
  }

  /// Both gradients are convolutions again: that of x slides the flipped kernel over g, that of w
  /// slides g over x, with batch and channels in each other's place.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let w = context.operands[1]
    let x = channelsFirst(context.operands[0])
    let g = channelsFirst(context.gradient)
    let plain = Convolution(strides: strides, dilations: dilations)
    let swapped = w.swapAxes(1, 2)
    let sizes = Array(x.shape.dims.dropFirst(Convolution.leading))
    let first = plain.inputGradient(g, swapped, sizes)
    return [
      .value(channelsLast(first, like: context.operands[0].shape)),
      .value(plain.kernelGradient(x, w.shape, g)),
    ]
  }

  /// `w` is [groups, channels, filters, K...]; the result has the spatial sizes `sizes`.
  ///
  /// A stride spreads g, and most of what a kernel would see are the zeros between. So elements of
  /// x with the same remainder by the stride are computed together, each such phase by the part
  /// of the kernel that meets g there, and phases are interleaved.
  func inputGradient(_ g: Value, _ w: Value, _ sizes: [Int], axis: Int = 0) -> Value {
    guard axis < sizes.count else {
      let ones = strides.map { _ in 1 }
      return g.apply(Convolution(strides: ones, dilations: dilations), w)
    }
    let place = axis + Convolution.leading
    let (stride, dilation) = (strides[axis], dilations[axis])
    let (count, taps) = (g.shape[place], w.shape[place])
    if stride == 1 || dilation > 1 {
      let border = dilation * (taps - 1)
      let reach = stride * (count - 1) + 1 + border
      let padded = g.padded(
        place, low: border, high: border + sizes[axis] - reach, interior: stride - 1)
      return inputGradient(padded, w.flip(place), sizes, axis: axis + 1)
    }
    let length = (sizes[axis] + stride - 1) / stride
    let phases = (0..<stride).map { phase -> Value in
      let part = (taps - phase + stride - 1) / stride
      guard part > 0 else { return zeros(g, w, sizes, axis: axis, length: length) }
      let kernel = w.slice(place, from: phase, step: stride).flip(place)
      let padded = g.padded(place, low: part - 1, high: length - count)
      return inputGradient(padded, kernel, sizes, axis: axis + 1)
    }
    let interleaved = stack(phases, axis: place + 1)
    var dims = phases[0].shape.dims
    dims[place] = length * stride
    return interleaved.reshape(dims).slice(place, to: sizes[axis])
  }

  /// A phase that no element of the kernel meets.
  private func zeros(_ g: Value, _ w: Value, _ sizes: [Int], axis: Int, length: Int) -> Value {
    let spatial = strides.indices.map { other in
      let place = other + Convolution.leading
      if other > axis { return sizes[other] }
      return other == axis ? length : g.shape[place] - dilations[other] * (w.shape[place] - 1)
    }
    let dims = [g.shape[0], g.shape[1], w.shape[1]] + spatial
    return g.constant(0).broadcast(to: Shape(dims))
  }

  private func kernelGradient(_ x: Value, _ shape: Shape, _ g: Value) -> Value {
    var rows = x
    for axis in strides.indices {
      let place = axis + Convolution.leading
      // What a stride leaves over at the end meets no kernel.
      let reach = strides[axis] * (g.shape[place] - 1) + dilations[axis] * (shape[place] - 1) + 1
      if reach < x.shape[place] { rows = rows.slice(place, to: reach) }
    }
    let spatial = strides.indices.map { $0 + Convolution.leading }
    // [channels, groups, batch, X...] and [groups, filters, batch, Y...].
    let product = rows.transpose([2, 1, 0] + spatial).apply(
      Convolution(strides: dilations, dilations: strides), g.transpose([1, 2, 0] + spatial))
    return product.transpose([1, 2, 0] + spatial)
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    let x = canonical(operands[0].shape.strides, missing: 0)
    let w = operands[1].shape.strides
    let (steps, taps) = (x.dropFirst(3), Array(w.dropFirst(3)))
    let still = strides.map { _ in 0 }
    let order = order(rank: operands[0].shape.rank)
    let slides = [x[0], x[1], 0] + zip(steps, strides).map { $0 * $1 }
    let filters = [0, w[0], w[1]] + still
    let reaches = [x[2]] + zip(steps, dilations).map { $0 * $1 }
    return .contraction(
      reduced: Array(operands[1].shape.dims.dropFirst(2)),
      a: ViewMap(offset: 0, strides: order.map { slides[$0] } + reaches),
      b: ViewMap(offset: 0, strides: order.map { filters[$0] } + [w[2]] + taps))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (x, w) = (operands[0], operands[1])
    let (stridesX, stridesW) = (canonical(x.shape.strides, missing: 0), w.shape.strides)
    let kernel = Shape(Array(w.shape.dims.dropFirst(2)))
    var result: [Double] = []
    result.reserveCapacity(type.shape.count)
    type.shape.forEachPlace { stored in
      let place = canonical(stored, missing: 0)
      let startX = place[0] * stridesX[0] + place[1] * stridesX[1]
      let startW = place[1] * stridesW[0] + place[2] * stridesW[1]
      var sum = 0.0
      var tap = startW
      kernel.forEachPlace { k in
        var offset = startX + k[0] * stridesX[2]
        for axis in strides.indices {
          let at = strides[axis] * place[axis + 3] + dilations[axis] * k[axis + 1]
          offset += at * stridesX[axis + 3]
        }
        sum += x.values[offset] * w.values[tap]
        tap += 1
      }
      result.append(sum)
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "convolution", "convolution in groups, x [n, g, c, X...] with w [g, f, c, K...]",
      gradient: "g convolved with w flipped, x convolved with g", samples: { samples },
      make: { reader throws(OpError) in
        let strides = try reader.ints("strides")
        let dilations = try reader.ints("dilations")
        return try Convolution(
          strides: strides, dilations: dilations, isChannelsLast: reader.bool("channels_last"))
      })
  ]

  private static var samples: [OpSample] {
    // x, w, strides, dilations.
    let cases: [(Shape, Shape, [Int], [Int])] = [
      ([1, 1, 1, 5], [1, 1, 1, 3], [1], [1]), ([2, 1, 3, 7], [1, 4, 3, 3], [2], [1]),
      ([2, 2, 2, 9], [2, 3, 2, 2], [1], [3]), ([2, 1, 2, 12], [1, 3, 2, 3], [2], [2]),
      ([2, 1, 3, 5, 6], [1, 4, 3, 3, 3], [1, 1], [1, 1]),
      ([1, 2, 2, 8, 7], [2, 3, 2, 3, 2], [2, 3], [1, 1]),
      ([1, 3, 1, 6, 6], [3, 2, 1, 3, 3], [1, 2], [2, 1]),
      ([2, 1, 3, 4, 4], [1, 5, 3, 1, 1], [1, 1], [1, 1]),
      ([1, 1, 2, 4, 4], [1, 2, 2, 1, 1], [3, 2], [1, 1]),
      ([1, 1, 2, 3, 4, 3], [1, 2, 2, 2, 2, 2], [1, 2, 1], [1, 1, 1]),
      ([0, 1, 2, 4], [1, 3, 2, 2], [1], [1]), ([2, 1, 0, 4], [1, 3, 0, 2], [1], [1]),
    ]
    let large: [(Shape, Shape, [Int], [Int])] = [
      ([3, 1, 18, 12, 11], [1, 35, 18, 3, 3], [1, 1], [1, 1]),
      ([2, 1, 17, 13, 16], [1, 33, 17, 3, 3], [2, 2], [1, 1]),
    ]
    let small = [DType.f32, .f64].flatMap { dtype in cases.map { (dtype, $0) } }
    return (small + large.map { (.f32, $0) }).flatMap { dtype, sample in
      let (x, w, strides, dilations) = sample
      let first = Convolution(strides: strides, dilations: dilations)
      let last = Convolution(strides: strides, dilations: dilations, isChannelsLast: true)
      let rank = x.rank
      let stored = Shape(last.order(rank: w[0] == 1 ? rank - 1 : rank).map { x[$0] })
      return [(first, x), (last, stored)].map { op, shape in
        OpSample(op, [.init(dtype, shape), .init(dtype, w, in: -1...1)], second: x.count < 400)
      }
    }
  }
}

extension Value {
  /// Zeros around and between the elements of one axis.
  func padded(_ axis: Int, low: Int, high: Int, interior: Int = 0) -> Value {
    if low == 0, high == 0, interior == 0 { return self }
    let none = [Int](repeating: 0, count: shape.rank)
    var (lows, highs, interiors) = (none, none, none)
    (lows[axis], highs[axis], interiors[axis]) = (low, high, interior)
    return pad(low: lows, high: highs, interior: interiors)
  }

  /// This value [batch, groups, channels, X...] convolved with `w` [groups, filters, channels,
  /// K...]: [batch, groups, filters, Y...], without padding; see `Convolution`.
  public func convolve(
    _ w: Value, strides: [Int], dilations: [Int], file: String = #fileID, line: Int = #line
  ) -> Value {
    append(Convolution(strides: strides, dilations: dilations), [w], file, line)
  }
}

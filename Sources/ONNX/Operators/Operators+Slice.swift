import GraphIR

// Parts of tensors, and tensors with something around or between.

extension OperatorTable {
  static let sliceOperators: [Operator] = [
    Operator("Slice", ["axes", "starts", "ends"], tensor: slice),
    Operator("Pad", ["mode", "pads", "paddings", "value"], tensor: pad),
    Operator(
      "Trilu", ["upper"],
      tensor: { node in
        let x = try node.value(0)
        guard x.shape.rank >= 2 else { throw node.wrong("\(x.type) is no matrix") }
        let k = try node.optionalKnownInts(1, "the diagonal")?.first ?? 0
        let (rows, columns) = (x.shape[x.shape.rank - 2], x.shape[x.shape.rank - 1])
        let row = node.builder.iota(.i64, Shape([rows, 1]))
        let column = node.builder.iota(.i64, Shape([columns]))
        // Kept inside, so that no sum overflows.
        let diagonal = row + Double(min(max(k, -rows - 1), columns + 1))
        let isUpper = node.flag("upper", default: true)
        let kept = isUpper ? column .>= diagonal : column .<= diagonal
        return try node.like(0, kept.select(x, node.zero(x.dtype)))
      }),
    Operator(
      "CenterCropPad", ["axes"],
      tensor: { node in
        let x = try node.value(0)
        let sizes = try node.knownInts(1, "the sizes")
        let axes = try node.axes(node.ints("axes") ?? Array(0..<x.shape.rank), rank: x.shape.rank)
        guard axes.count == sizes.count, sizes.allSatisfy({ $0 >= 0 }) else {
          throw node.wrong("needs one size an axis")
        }
        var result = x
        for (axis, size) in zip(axes, sizes) {
          let own = result.shape[axis]
          if size < own {
            let start = (own - size) / 2
            result = result.slice(axis, from: start, to: start + size)
          } else if size > own {
            var (low, high) = (x.shape.dims.map { _ in 0 }, x.shape.dims.map { _ in 0 })
            low[axis] = (size - own) / 2
            high[axis] = size - own - low[axis]
            result = result.pad(low: low, high: high)
          }
        }
        return try node.like(0, result)
      }),
  ]

  private static func slice(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let starts = try node.optionalKnownInts(1, "the starts") ?? node.requiredInts("starts")
    let ends = try node.optionalKnownInts(2, "the ends") ?? node.requiredInts("ends")
    let given = try node.optionalKnownInts(3, "the axes") ?? node.ints("axes")
    let axes = try node.axes(given ?? Array(starts.indices), rank: x.shape.rank)
    let steps = try node.optionalKnownInts(4, "the steps") ?? starts.map { _ in 1 }
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count,
      !steps.contains(0), Set(axes).count == axes.count
    else { throw node.wrong("starts, ends, axes and steps do not belong together") }
    return try node.like(0, x.slice(axes: axes, from: starts, to: ends, step: steps))
  }

  private static func pad(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let given =
      try node.optionalKnownInts(1, "the paddings") ?? node.ints("pads")
      ?? node.requiredInts("paddings")
    let axes = try node.axes(
      node.optionalKnownInts(3, "the axes") ?? Array(0..<x.shape.rank), rank: x.shape.rank)
    guard given.count == 2 * axes.count else {
      throw node.wrong("needs two paddings an axis, not \(given.count)")
    }
    var low = x.shape.dims.map { _ in 0 }
    var high = low
    for (place, axis) in axes.enumerated() {
      low[axis] = given[place]
      high[axis] = given[place + axes.count]
    }
    let mode = node.string("mode") ?? "constant"
    guard mode == "constant" else {
      return try node.like(0, gathered(x, low, high, mode: mode, node))
    }
    if let fill = try node.optionalValue(2) {
      guard let known = node.importer.knownValue(fill) else {
        // The value around is data: put it where a padded tensor of ones has zeros.
        let inside = node.filled(1, .i32, x.shape).pad(low: low, high: high) .> 0
        let padded = x.pad(low: low, high: high)
        return try node.like(0, inside.select(padded, fill.reshape([])))
      }
      let value = known.doubles.first ?? 0
      if x.dtype == .bool || known.dtype == .i64 && abs(value) > 0x1p53 {
        throw UnsupportedUse("a padding of \(known.dtype)")
      }
      return try node.like(0, x.pad(low: low, high: high, value: value))
    }
    let value = node.float("value", default: 0)
    return try node.like(0, x.pad(low: low, high: high, value: value))
  }

  /// Padding with the tensor's own elements, axis by axis.
  private static func gathered(
    _ x: Value, _ low: [Int], _ high: [Int], mode: String, _ node: OperatorContext
  ) throws -> Value {
    var result = x
    for axis in low.indices where low[axis] != 0 || high[axis] != 0 {
      let size = x.shape[axis]
      let padded = size + low[axis] + high[axis]
      guard size > 0, (0...WindowGeometry.limit).contains(padded) else {
        throw node.wrong("cannot pad axis \(axis) of \(x.type)")
      }
      let places = try (-low[axis]..<size + high[axis]).map { place in
        switch mode {
        case "edge": return min(max(place, 0), size - 1)
        case "wrap": return ((place % size) + size) % size
        case "reflect":
          let period = max(1, 2 * (size - 1))
          let within = ((place % period) + period) % period
          return min(within, period - within) % size
        default: throw UnsupportedUse("padding mode '\(mode)'")
        }
      }
      result = result.gather(node.constant(places), axis: axis)
    }
    return result
  }
}

extension OperatorContext {
  /// A scalar 0, or false.
  func zero(_ dtype: DType) -> Value { builder.constant(Tensor(zeros: TensorType(dtype, .scalar))) }
}

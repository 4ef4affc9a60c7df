import GraphIR

// Pools over the spatial axes of [batch, channels, X...].

extension OperatorTable {
  private static let windowAttributes: Set<String> = [
    "auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides",
  ]

  static let poolingOperators: [Operator] = [
    Operator(
      "AveragePool", windowAttributes.union(["count_include_pad"]),
      tensor: { node in
        let geometry = try pool(node)
        return try node.like(0, average(node, geometry))
      }),
    Operator("MaxPool", windowAttributes.union(["storage_order"]), build: maxPool),
    Operator(
      "LpPool", windowAttributes.union(["p"]),
      tensor: { node in
        let geometry = try pool(node)
        let p = Double(node.int("p", default: 2))
        let sums = try node.value(0).toPower(p).framed(geometry).sumPool(geometry.windows)
        return try node.like(0, sums.root(p))
      }),
    Operator(
      "GlobalAveragePool",
      tensor: { node in
        let x = try node.value(0)
        return try node.like(0, x.mean(axes: spatialAxes(x), keepDims: true))
      }),
    Operator(
      "GlobalMaxPool",
      tensor: { node in
        let x = try node.value(0)
        return try node.like(0, x.max(axes: spatialAxes(x), keepDims: true))
      }),
    Operator(
      "GlobalLpPool", ["p"],
      tensor: { node in
        let x = try node.value(0)
        let p = Double(node.int("p", default: 2))
        let sum = x.toPower(p).sum(axes: spatialAxes(x), keepDims: true)
        return try node.like(0, sum.root(p))
      }),
    Operator("MaxUnpool", ["kernel_shape", "pads", "strides"], tensor: maxUnpool),
  ]

  private static func spatialAxes(_ x: Value) -> [Int] { Array(x.shape.dims.indices.dropFirst(2)) }

  private static func pool(_ node: OperatorContext) throws -> WindowGeometry {
    let x = try node.value(0)
    guard x.shape.rank >= 3 else {
      throw node.wrong("needs [batch, channels, X...], not \(x.type)")
    }
    return try WindowGeometry(
      node, sizes: node.requiredInts("kernel_shape"), lengths: Array(x.shape.dims.dropFirst(2)))
  }

  /// Sums, divided by the number of elements: padding counts if asked for, but never what only
  /// `ceil_mode` added.
  private static func average(_ node: OperatorContext, _ geometry: WindowGeometry) throws -> Value {
    let x = try node.value(0)
    var result = x.framed(geometry).sumPool(geometry.windows)
    let countsPadding = node.flag("count_include_pad")
    for axis in geometry.sizes.indices {
      let length = x.shape[axis + 2]
      let start = countsPadding ? -geometry.low[axis] : 0
      let end = length + (countsPadding ? geometry.high[axis] - geometry.overhang[axis] : 0)
      if start <= -geometry.low[axis], end >= length + geometry.high[axis] {
        result = result * (1 / Double(geometry.sizes[axis]))
        continue
      }
      let shares = (0..<geometry.places(axis, length)).map { place -> Double in
        let first = place * geometry.strides[axis] - geometry.low[axis]
        let count = (0..<geometry.sizes[axis]).count { element in
          (start..<end).contains(first + element * geometry.dilations[axis])
        }
        return 1 / Double(max(1, count))
      }
      result = result * result.along(axis + 2, shares)
    }
    return result
  }

  private static func maxPool(_ node: OperatorContext) throws -> [ImportedValue] {
    let geometry = try pool(node)
    let input = try node.tensor(0)
    // Integers of 8 bits are exact in f32.
    let x = input.value.dtype.isFloat ? input.value : input.value.cast(to: .f32)
    let largest = x.maxPool(geometry.poolAxes).cast(to: input.value.dtype)
    let result = ImportedValue(largest, input.elementType)
    guard node.hasOutput(1) else { return [result] }
    let padded = x.framed(geometry, value: -.infinity)
    let places = largestPlaces(node, padded, geometry, x.shape)
    return [result, ImportedValue(places)]
  }

  /// Where in the whole tensor each window's largest element lies.
  private static func largestPlaces(
    _ node: OperatorContext, _ padded: Value, _ geometry: WindowGeometry, _ shape: Shape
  ) -> Value {
    let lengths = Array(shape.dims.dropFirst(2))
    var strides = Array(shape.strides.dropFirst(2))
    if node.flag("storage_order") {
      strides = lengths.indices.map { lengths[..<$0].reduce(1, *) }
    }
    let axes = lengths.indices.map { $0 + 2 }
    let places = lengths.indices.map { geometry.places($0, lengths[$0]) }
    let offsets = geometry.windows.offsets
    let pieces = offsets.map { offset in
      padded.slice(
        axes: axes, from: offset,
        to: axes.indices.map { offset[$0] + (places[$0] - 1) * geometry.strides[$0] + 1 },
        step: geometry.strides)
    }
    let chosen = stack(pieces, axis: 0).argmax(axis: 0)
    let steps = offsets.map { offset in zip(offset, strides).reduce(0) { $0 + $1.0 * $1.1 } }
    var place = node.constant(steps).gather(chosen)
    for (index, axis) in axes.enumerated() {
      var dims = [Int](repeating: 1, count: shape.rank - axis)
      dims[0] = places[index]
      let first =
        node.builder.iota(.i64, Shape(dims)) * Double(geometry.strides[index])
        - Double(geometry.low[index])
      place = place + first * Double(strides[index])
    }
    let images = Shape([shape[0], shape[1]] + lengths.map { _ in 1 })
    let image = node.builder.iota(.i64, [shape[0] * shape[1]]).reshape(images)
    return place + image * Double(lengths.reduce(1, *))
  }

  /// Zeros, but for the elements that `MaxPool` took, in their places.
  private static func maxUnpool(_ node: OperatorContext) throws -> ImportedTensor {
    let (x, indices) = (try node.value(0), try node.value(1))
    let size = try node.requiredInts("kernel_shape")
    guard x.shape.rank == size.count + 2, indices.shape == x.shape else {
      throw node.wrong("needs [batch, channels, X...] and indices of the same shape")
    }
    let geometry = try WindowGeometry(
      node, sizes: size, lengths: Array(x.shape.dims.dropFirst(2)))
    let spatial = size.indices.map { axis in
      (x.shape[axis + 2] - 1) * geometry.strides[axis] + size[axis] - geometry.low[axis]
        - geometry.high[axis]
    }
    let shape = Shape([x.shape[0], x.shape[1]] + spatial)
    guard shape.isValid, shape.count > 0 else { throw node.wrong("has no result: \(shape)") }
    let zeros = node.filled(0, x.dtype, [shape.count])
    let result = zeros.scatterAdd(
      indices.reshape([x.shape.count]), x.reshape([x.shape.count])
    ).reshape(shape)
    guard let wanted = try node.optionalKnownInts(2, "the shape") else {
      return try node.like(0, result)
    }
    guard wanted.count == shape.rank, Shape(wanted).isValid else {
      throw node.wrong("\(shape) cannot have shape \(wanted)")
    }
    return try node.like(
      0,
      result.framed(
        low: wanted.map { _ in 0 }, high: wanted.indices.map { wanted[$0] - shape[$0] }))
  }
}

extension Value {
  /// |x|^p.
  func toPower(_ p: Double) -> Value {
    p == 1 ? abs() : p == 2 ? squared() : abs().pow(p)
  }

  /// The p-th root of what is not negative; no gradient flows through a zero.
  func root(_ p: Double) -> Value {
    if p == 1 { return self }
    let isZero = self .== 0
    let safe = isZero.select(constant(1), self)
    return isZero.select(self, p == 2 ? safe.sqrt() : safe.pow(1 / p))
  }
}

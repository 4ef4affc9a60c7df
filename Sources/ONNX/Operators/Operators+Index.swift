import GraphIR

// Elements chosen, placed or ordered by integers.

extension OperatorTable {
  static let indexOperators: [Operator] = [
    Operator(
      "Gather", ["axis"],
      tensor: { node in
        let x = try node.value(0)
        let axis = try node.axis(node.int("axis", default: 0), rank: x.shape.rank)
        let indices = try node.value(1).counted(upTo: x.shape[axis])
        return try node.like(0, x.gather(indices, axis: axis))
      }),
    Operator(
      "GatherElements", ["axis"],
      tensor: { node in
        let x = try node.value(0)
        let axis = try node.axis(node.int("axis", default: 0), rank: x.shape.rank)
        return try node.like(0, x.takeAlongAxis(node.value(1), axis: axis))
      }),
    Operator(
      "GatherND", ["batch_dims"],
      tensor: { node in
        let batch = node.int("batch_dims", default: 0)
        return try node.like(0, node.value(0).gatherND(node.value(1), batchDims: batch))
      }),
    Operator("ScatterElements", ["axis", "reduction"], tensor: scatterElements),
    Operator("Scatter", ["axis"], tensor: scatterElements),
    Operator(
      "ScatterND", ["reduction"],
      tensor: { node in
        let reduction = try scatterReduction(node)
        let (x, indices, updates) = (try node.value(0), try node.value(1), try node.value(2))
        return try node.like(0, x.scatterND(indices, updates, reduction: reduction))
      }),
    Operator("OneHot", ["axis"], tensor: oneHot),
    Operator(
      "ArgMax", ["axis", "keepdims", "select_last_index"],
      tensor: { try argReduce($0) { $0.argmax(axis: $1, keepDims: $2) } }),
    Operator(
      "ArgMin", ["axis", "keepdims", "select_last_index"],
      tensor: { try argReduce($0) { $0.argmin(axis: $1, keepDims: $2) } }),
    Operator("TopK", ["axis", "k", "largest", "sorted"], build: topK),
    Operator("Compress", ["axis"], tensor: compress),
    Operator("NonZero", tensor: nonZero),
    Operator("Unique", ["axis", "sorted"], build: unique),
    Operator("ReverseSequence", ["batch_axis", "time_axis"], tensor: reverseSequence),
    Operator("TensorScatter", ["axis", "mode"], tensor: tensorScatter),
  ]

  private static func scatterReduction(_ node: OperatorContext) throws -> IndexedReduction {
    let name = node.string("reduction") ?? "none"
    guard let reduction = name == "none" ? .set : IndexedReduction(rawValue: name) else {
      throw UnsupportedUse("reduction '\(name)'")
    }
    return reduction
  }

  private static func scatterElements(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let axis = try node.axis(node.int("axis", default: 0), rank: x.shape.rank)
    let reduction = try scatterReduction(node)
    return try node.like(
      0,
      x.scatterAlongAxis(
        node.value(1), node.value(2), axis: axis, reduction: reduction))
  }

  private static func oneHot(_ node: OperatorContext) throws -> ImportedTensor {
    let indices = try node.value(0)
    guard let depth = try node.knownInts(1, "the depth").first, depth > 0 else {
      throw node.wrong("the depth must be at least 1")
    }
    let values = try node.value(2)
    let rank = indices.shape.rank + 1
    let axis = try node.axis(node.int("axis", default: -1), rank: rank)
    let places = indices.dtype.isFloat ? indices.cast(to: .i64) : indices
    let counted = places.counted(upTo: depth).expandDims(axis)
    let trailing = Array(repeating: 1, count: rank - axis - 1)
    let classes = node.builder.iota(counted.dtype, Shape([depth] + trailing))
    let (off, on) = (values[axis: 0, 0], values[axis: 0, 1])
    return try node.like(2, (counted .== classes).select(on, off))
  }

  private static func argReduce(
    _ node: OperatorContext, _ reduce: (Value, Int, Bool) -> Value
  ) throws -> ImportedTensor {
    let x = try node.value(0)
    let axis = try node.axis(node.int("axis", default: 0), rank: x.shape.rank)
    let keepDims = node.flag("keepdims", default: true)
    guard node.flag("select_last_index") else {
      return ImportedTensor(reduce(x, axis, keepDims))
    }
    // The first one from the other end.
    return ImportedTensor(Double(x.shape[axis] - 1) - reduce(x.flip(axis), axis, keepDims))
  }

  private static func topK(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.tensor(0)
    let axis = try node.axis(node.int("axis", default: -1), rank: x.rank)
    let k = try node.optionalKnownInts(1, "k")?.first ?? node.requiredInt("k")
    guard k >= 0, k <= x.shape[axis] else {
      throw node.wrong("k = \(k), axis \(axis) of \(x.value.type) has fewer elements")
    }
    let largest = node.flag("largest", default: true)
    let (values, indices) = x.value.topK(k, axis: axis, largest: largest)
    return [ImportedValue(values, x.elementType), ImportedValue(indices)]
  }

  private static func compress(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let condition = try node.known(node.value(1), "the condition").doubles
    let axis = try node.int("axis").map { try node.axis($0, rank: x.shape.rank) }
    let source = axis == nil ? x.reshape([x.shape.count]) : x
    let size = source.shape[axis ?? 0]
    let places = condition.indices.filter { condition[$0] != 0 && $0 < size }
    return try node.like(0, source.gather(node.constant(places), axis: axis ?? 0))
  }

  private static func nonZero(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.known(node.value(0), "the tensor whose elements are counted")
    let strides = x.shape.strides
    let places = x.doubles.enumerated().filter { $0.element != 0 }.map(\.offset)
    let result = x.shape.dims.indices.flatMap { axis in
      places.map { $0 / strides[axis] % x.shape[axis] }
    }
    return ImportedTensor(node.constant(result, Shape([x.shape.rank, places.count])))
  }

  private static func unique(_ node: OperatorContext) throws -> [ImportedValue] {
    let input = try node.tensor(0)
    let x = try node.known(input.value, "the tensor whose elements are counted")
    let axis = try node.int("axis").map { try node.axis($0, rank: x.shape.rank) }
    let outer = axis.map { x.shape.dims[..<$0].reduce(1, *) } ?? 1
    let count = axis.map { x.shape[$0] } ?? x.shape.count
    let inner = axis.map { x.shape.dims[($0 + 1)...].reduce(1, *) } ?? 1
    let elements = x.doubles
    // One slice along the axis each, compared element by element.
    let slices = (0..<count).map { place -> [Double] in
      var slice: [Double] = []
      for row in 0..<outer {
        let start = (row * count + place) * inner
        slice += elements[start..<start + inner]
      }
      return slice
    }
    var first: [[Double]: Int] = [:]
    var order: [Int] = []
    for (place, slice) in slices.enumerated() where first[slice] == nil {
      first[slice] = place
      order.append(place)
    }
    if node.flag("sorted", default: true) {
      order.sort { slices[$0].lexicographicallyPrecedes(slices[$1]) }
    }
    var rank: [[Double]: Int] = [:]
    for (place, source) in order.enumerated() { rank[slices[source]] = place }
    let inverse = slices.map { rank[$0] ?? 0 }
    var counts = [Int](repeating: 0, count: order.count)
    for place in inverse { counts[place] += 1 }
    let source = axis == nil ? input.value.reshape([count]) : input.value
    return [
      ImportedValue(source.gather(node.constant(order), axis: axis ?? 0), input.elementType),
      ImportedValue(node.constant(order)), ImportedValue(node.constant(inverse)),
      ImportedValue(node.constant(counts)),
    ]
  }

  private static func reverseSequence(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let batchAxis = node.int("batch_axis", default: 1)
    let timeAxis = node.int("time_axis", default: 0)
    guard x.shape.rank >= 2, Set([batchAxis, timeAxis]) == [0, 1] else {
      throw node.wrong("its axes must be 0 and 1 of two or more")
    }
    // [time, batch], wherever the axes are: the place each element comes from.
    let lengths = try node.value(1).cast(to: .i64)
    let time = node.builder.iota(.i64, Shape([x.shape[timeAxis], 1]))
    let reversed = lengths - 1 - time
    let places = (time .< lengths).select(reversed, time)
    let ordered = timeAxis == 0 ? places : places.transposed()
    let shape = ordered.shape.dims + x.shape.dims.dropFirst(2).map { _ in 1 }
    let indices = ordered.reshape(shape).broadcast(to: x.shape)
    return try node.like(0, x.takeAlongAxis(indices, axis: timeAxis))
  }

  private static func tensorScatter(_ node: OperatorContext) throws -> ImportedTensor {
    let (cache, update) = (try node.value(0), try node.value(1))
    let rank = cache.shape.rank
    let axis = try node.axis(node.int("axis", default: -2), rank: rank)
    let batch = cache.shape[0]
    let length = update.shape[axis]
    let start = try node.optionalValue(2) ?? node.filled(0, .i64, Shape([batch]))
    var dims = [Int](repeating: 1, count: rank)
    dims[0] = batch
    var line = [Int](repeating: 1, count: rank)
    line[axis] = length
    var places = start.reshape(dims) + node.builder.iota(.i64, Shape([length])).reshape(line)
    if node.string("mode") == "circular" {
      places = places.modulo(places.constant(Double(cache.shape[axis])))
    }
    let indices = places.broadcast(to: update.shape)
    return try node.like(
      0, cache.scatterAlongAxis(indices, update, axis: axis))
  }
}

extension Value {
  /// Indices from the end counted from the start.
  func counted(upTo size: Int) -> Value { (self .< 0).select(self + Double(size), self) }
}

import GraphIR

// The same elements under another shape, order or number of axes.

extension OperatorTable {
  static let shapeOperators: [Operator] = [
    Operator("Reshape", ["shape", "allowzero"], tensor: reshape),
    Operator(
      "Flatten", ["axis"],
      tensor: { node in
        let x = try node.value(0)
        let axis = clamped(node.int("axis", default: 1), x.shape.rank)
        let rows = x.shape.dims[..<axis].reduce(1, *)
        return try node.like(0, x.reshape([rows, x.shape.dims[axis...].reduce(1, *)]))
      }),
    Operator(
      "Squeeze", ["axes"],
      tensor: { node in
        let x = try node.value(0)
        let given = try node.optionalKnownInts(1, "the axes") ?? node.ints("axes")
        let axes = try given.map { try node.axes($0, rank: x.shape.rank) }
        let kept = x.shape.dims.indices.filter { axis in
          axes.map { !$0.contains(axis) } ?? (x.shape[axis] != 1)
        }
        return try node.like(0, x.reshape(kept.map { x.shape[$0] }))
      }),
    Operator(
      "Unsqueeze", ["axes"],
      tensor: { node in
        let x = try node.value(0)
        let given = try node.optionalKnownInts(1, "the axes") ?? node.requiredInts("axes")
        let rank = x.shape.rank + given.count
        let axes = Set(try node.axes(given, rank: rank))
        guard axes.count == given.count else { throw node.wrong("an axis is given twice") }
        var rest = x.shape.dims[...]
        let dims = (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
        return try node.like(0, x.reshape(dims))
      }),
    Operator(
      "Transpose", ["perm"],
      tensor: { node in
        let x = try node.value(0)
        let order = node.ints("perm") ?? Array(x.shape.dims.indices.reversed())
        return try node.like(0, x.transpose(order))
      }),
    Operator(
      "Expand",
      tensor: { node in
        let x = try node.value(0)
        let wanted = Shape(try node.knownInts(1, "the shape"))
        guard wanted.isValid, let shape = Shape.broadcast(x.shape, wanted) else {
          throw node.wrong("\(x.type) does not broadcast with shape \(wanted)")
        }
        return try node.like(0, x.broadcast(to: shape))
      }),
    Operator("Tile", tensor: tile),
    Operator("Concat", ["axis"], tensor: concatenate),
    Operator("Split", ["axis", "split", "num_outputs"], build: split),
    Operator(
      "DepthToSpace", ["blocksize", "mode"],
      tensor: { node in
        let x = try node.value(0)
        let block = try node.requiredInt("blocksize")
        guard x.shape.rank == 4, blocks.contains(block), x.shape[1] % (block * block) == 0 else {
          throw node.wrong("\(x.type) does not divide by blocks of \(block)")
        }
        let (n, c, h, w) = (x.shape[0], x.shape[1] / (block * block), x.shape[2], x.shape[3])
        let isCRD = node.string("mode") == "CRD"
        let parts =
          isCRD
          ? x.reshape([n, c, block, block, h, w]).transpose([0, 1, 4, 2, 5, 3])
          : x.reshape([n, block, block, c, h, w]).transpose([0, 3, 4, 1, 5, 2])
        return try node.like(0, parts.reshape([n, c, h * block, w * block]))
      }),
    Operator(
      "SpaceToDepth", ["blocksize", "mode"],
      tensor: { node in
        let x = try node.value(0)
        let block = try node.requiredInt("blocksize")
        guard x.shape.rank == 4, blocks.contains(block), x.shape[2] % block == 0,
          x.shape[3] % block == 0
        else { throw node.wrong("\(x.type) does not divide by blocks of \(block)") }
        let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block)
        let parts = x.reshape([n, c, h, block, w, block])
        let isCRD = node.string("mode") == "CRD"
        let order = isCRD ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
        return try node.like(0, parts.transpose(order).reshape([n, c * block * block, h, w]))
      }),
  ]

  /// Sizes of blocks whose squares do not overflow.
  private static let blocks = 1...(1 << 15)

  private static func reshape(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    var dims = try node.optionalKnownInts(1, "the shape") ?? node.requiredInts("shape")
    if !node.flag("allowzero") {
      for axis in dims.indices where dims[axis] == 0 && axis < x.shape.rank {
        dims[axis] = x.shape[axis]
      }
    }
    if let free = dims.firstIndex(of: -1) {
      let rest = dims.enumerated().reduce(1) { $1.offset == free ? $0 : $0 &* $1.element }
      guard rest > 0, x.shape.count % rest == 0 else {
        throw node.wrong("\(x.type) cannot have shape \(dims)")
      }
      dims[free] = x.shape.count / rest
    }
    guard Shape(dims).isValid, Shape(dims).count == x.shape.count else {
      throw node.wrong("\(x.type) cannot have shape \(dims)")
    }
    return try node.like(0, x.reshape(dims))
  }

  private static func tile(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    var repeats = try node.knownInts(1, "the repeats")
    if node.opset < 6 {
      // Then it was one axis, operand 2, and how often it is repeated.
      let axis = try node.knownInts(2, "the axis").first ?? 0
      repeats = x.shape.dims.indices.map { $0 == axis ? repeats.first ?? 1 : 1 }
    }
    guard repeats.count == x.shape.rank, repeats.allSatisfy({ $0 >= 0 }) else {
      throw node.wrong("needs one repeat an axis of \(x.type), not \(repeats)")
    }
    let products = zip(x.shape.dims, repeats).map { $0.multipliedReportingOverflow(by: $1) }
    guard !products.contains(where: \.overflow), Shape(products.map(\.partialValue)).isValid else {
      throw node.wrong("\(x.type) repeated \(repeats) times is larger than the limits")
    }
    var result = x
    // Axis by axis, so that the number of axes grows by one only.
    for (axis, count) in repeats.enumerated() where count != 1 {
      var wide = result.shape.dims
      wide.insert(count, at: axis)
      var dims = result.shape.dims
      dims[axis] *= count
      result = result.expandDims(axis).broadcast(to: Shape(wide)).reshape(dims)
    }
    return try node.like(0, result)
  }

  private static func concatenate(_ node: OperatorContext) throws -> ImportedTensor {
    let tensors = try node.tensors()
    guard let first = tensors.first else { throw node.wrong("takes at least one operand") }
    let axis = try node.axis(node.int("axis", default: 1), rank: first.rank)
    if tensors.count == 1 { return first }
    return ImportedTensor(concat(tensors.map(\.value), axis: axis), first.elementType)
  }

  private static func split(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.tensor(0)
    let axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
    let size = x.shape[axis]
    let given = try node.optionalKnownInts(1, "the sizes") ?? node.ints("split")
    let count = node.int("num_outputs") ?? node.outputCount
    guard count > 0, count <= node.outputCount else {
      throw node.wrong("has \(node.outputCount) outputs for \(count) parts")
    }
    // The last part is smaller where the axis does not divide.
    let part = (size + count - 1) / count
    let sizes = given ?? (0..<count).map { max(0, min(part, size - $0 * part)) }
    guard sizes.reduce(0, +) == size, sizes.allSatisfy({ $0 >= 0 }) else {
      throw node.wrong("sizes \(sizes) do not fill axis \(axis) of \(x.value.type)")
    }
    var start = 0
    return sizes.map { length in
      defer { start += length }
      return ImportedValue(x.value.slice(axis, from: start, to: start + length), x.elementType)
    }
  }
}

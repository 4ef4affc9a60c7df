import GraphIR

// Convolutions: channels before the spatial axes, weights of [filters, channels / groups, K...].

extension OperatorTable {
  static let convolutionOperators: [Operator] = [
    Operator(
      "Conv", ["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"],
      tensor: { node in
        try node.like(
          0, convolution(node, node.value(0), node.value(1), bias: node.optionalValue(2)))
      }),
    Operator(
      "ConvTranspose",
      [
        "auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads",
        "strides",
      ], tensor: transposedConvolution),
    Operator("CausalConvWithState", ["activation"], build: causalConvolution),
    Operator("Col2Im", ["dilations", "pads", "strides"], tensor: columnsToImage),
  ]

  /// A convolution as the node's attributes say.
  static func convolution(
    _ node: OperatorContext, _ x: Value, _ weight: Value, bias: Value?
  ) throws -> Value {
    guard x.shape.rank >= 3, weight.shape.rank == x.shape.rank else {
      throw node.wrong(
        "needs [batch, channels, X...] and as many axes, not \(x.type), \(weight.type)")
    }
    let geometry = try WindowGeometry(
      node, sizes: Array(weight.shape.dims.dropFirst(2)), lengths: Array(x.shape.dims.dropFirst(2)))
    return x.convolution(
      weight, bias: bias, axes: geometry.convolutionAxes, groups: node.int("group", default: 1))
  }

  private static func transposedConvolution(_ node: OperatorContext) throws -> ImportedTensor {
    let (x, weight) = (try node.value(0), try node.value(1))
    guard x.shape.rank >= 3, weight.shape.rank == x.shape.rank else {
      throw node.wrong(
        "needs [batch, channels, X...] and as many axes, not \(x.type), \(weight.type)")
    }
    let lengths = Array(x.shape.dims.dropFirst(2))
    var geometry = try WindowGeometry(
      node, sizes: Array(weight.shape.dims.dropFirst(2)), lengths: lengths)
    let extra = node.ints("output_padding") ?? lengths.map { _ in 0 }
    var wanted = node.ints("output_shape")
    let padding = node.string("auto_pad") ?? "NOTSET"
    if padding.hasPrefix("SAME"), wanted == nil {
      wanted = lengths.indices.map { lengths[$0] * geometry.strides[$0] }
    }
    // Some exporters name batch and channels, too.
    if let sizes = wanted, sizes.count == lengths.count + 2 { wanted = Array(sizes.dropFirst(2)) }
    guard extra.count == lengths.count, extra.allSatisfy((0...(1 << 24)).contains),
      wanted.map({ $0.count == lengths.count && $0.allSatisfy((1...(1 << 24)).contains) }) ?? true
    else { throw node.wrong("its attributes do not fit \(lengths.count) spatial axes") }
    for axis in lengths.indices {
      guard let size = wanted?[axis] else { continue }
      let full = geometry.strides[axis] * (lengths[axis] - 1) + geometry.extent(axis)
      let total = full + extra[axis] - size
      // What the windows do not reach lies at the end.
      let cut = max(0, total)
      geometry.low[axis] = padding == "SAME_UPPER" ? cut / 2 : cut - cut / 2
      geometry.high[axis] = total - geometry.low[axis]
    }
    return try node.like(
      0,
      x.transposedConvolution(
        weight, bias: node.optionalValue(2), axes: geometry.convolutionAxes, outputPadding: extra,
        groups: node.int("group", default: 1)))
  }

  /// One kernel a channel over the past only; what it saw last is its second result.
  private static func causalConvolution(_ node: OperatorContext) throws -> [ImportedValue] {
    let (x, weight) = (try node.value(0), try node.value(1))
    guard x.shape.rank == 3, weight.shape.rank == 3, weight.shape[2] >= 1 else {
      throw node.wrong("needs [batch, channels, length] and [channels, 1, k]")
    }
    let past = weight.shape[2] - 1
    let before =
      try node.optionalValue(3)
      ?? node.filled(0, x.dtype, [x.shape[0], x.shape[1], past])
    let seen = past == 0 ? x : concat([before, x], axis: 2)
    let product = seen.convolution(
      weight, bias: try node.optionalValue(2), axes: [ConvolutionAxis()], groups: x.shape[1])
    let activation = node.string("activation") ?? "none"
    let isGated = activation == "silu" || activation == "swish"
    guard isGated || activation == "none" || activation.isEmpty else {
      throw node.wrong("'activation' must not be '\(activation)'")
    }
    let state = seen.slice(2, from: seen.shape[2] - past, to: seen.shape[2])
    return [
      .tensor(try node.like(0, isGated ? product.silu() : product)),
      .tensor(try node.like(0, state)),
    ]
  }

  /// Blocks of an image, [batch, channels * block, places], added where they came from.
  private static func columnsToImage(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let image = try node.knownInts(1, "the image's shape")
    let block = try node.knownInts(2, "the block's shape")
    guard x.shape.rank == 3, image.count == block.count, Shape(image).isValid,
      Shape(block).isValid, Shape(block).count > 0, x.shape[1] % Shape(block).count == 0
    else { throw node.wrong("blocks \(block) of images \(image) do not fit \(x.type)") }
    let geometry = try WindowGeometry(node, sizes: block, lengths: image)
    let places = image.indices.map { geometry.places($0, image[$0]) }
    guard places.reduce(1, *) == x.shape[2] else {
      throw node.wrong("images \(image) have \(places) blocks, \(x.type) another number")
    }
    let channels = x.shape[1] / Shape(block).count
    let parts = x.reshape([x.shape[0], channels, Shape(block).count] + places)
    var sum: Value?
    for (index, offset) in geometry.windows.offsets.enumerated() {
      let part = parts[axis: 2, index]
      let full = image.indices.map { geometry.low[$0] + image[$0] + geometry.high[$0] }
      let reach = places.indices.map { (places[$0] - 1) * geometry.strides[$0] + 1 }
      let spread = part.pad(
        low: [0, 0] + offset,
        high: [0, 0] + image.indices.map { full[$0] - offset[$0] - reach[$0] },
        interior: [0, 0] + geometry.strides.map { $0 - 1 })
      sum = sum.map { $0 + spread } ?? spread
    }
    guard let sum else { throw node.wrong("has no blocks") }
    let cut = sum.framed(
      low: [0, 0] + geometry.low.map { -$0 }, high: [0, 0] + geometry.high.map { -$0 })
    return try node.like(0, cut)
  }
}

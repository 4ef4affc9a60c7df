import GraphIR

// Images read at places that other tensors give.

extension OperatorTable {
  static let samplingOperators: [Operator] = [
    Operator("GridSample", ["align_corners", "mode", "padding_mode"], tensor: gridSample),
    Operator("AffineGrid", ["align_corners"], tensor: affineGrid),
    Operator(
      "RoiAlign",
      [
        "coordinate_transformation_mode", "mode", "output_height", "output_width",
        "sampling_ratio", "spatial_scale",
      ], tensor: alignRegions),
    Operator(
      "DeformConv",
      ["dilations", "group", "kernel_shape", "offset_group", "pads", "strides"],
      tensor: deformableConvolution),
    Operator("CenterCropPad", ["axes"], tensor: centerCropPad),
    Operator(
      "ImageDecoder", ["pixel_format"],
      tensor: { _ in throw UnsupportedUse("images inside of models are not decoded") }),
  ]

  /// Images [batch, channels, X...] at the places grid [batch, Y..., axes] says, from -1 to 1,
  /// the last axis of the image first.
  private static func gridSample(_ node: OperatorContext) throws -> ImportedTensor {
    let (x, grid) = (try node.value(0), try node.value(1))
    let rank = x.shape.rank
    guard rank >= 3, grid.shape.rank == rank, grid.shape[rank - 1] == rank - 2,
      grid.shape[0] == x.shape[0], x.shape.count > 0
    else { throw node.wrong("grid \(grid.type) does not fit \(x.type)") }
    let isAligned = node.flag("align_corners")
    let padding: PixelSampler.Padding
    switch node.string("padding_mode") ?? "zeros" {
    case "zeros": padding = .zeros
    case "border": padding = .border
    case "reflection": padding = .reflection
    case let other: throw node.wrong("'padding_mode' must not be '\(other)'")
    }
    let mode = node.string("mode") ?? "linear"
    let isCubic = mode == "cubic" || mode == "bicubic"
    let sampler = PixelSampler(x, padding: padding, isAligned: isAligned)
    let coordinates = (0..<rank - 2).map { axis -> Value in
      let length = Double(x.shape[axis + 2])
      let given = grid[axis: -1, rank - 3 - axis].cast(to: x.dtype)
      let place =
        isAligned ? (given + 1) * ((length - 1) / 2) : ((given + 1) * length - 1) * 0.5
      // Cubic filters fold each pixel's place instead.
      if isCubic { return place }
      return mode == "nearest" ? place.round() : sampler.folded(place, axis: axis)
    }
    let images = node.builder.iota(
      .i64, Shape([x.shape[0]] + [Int](repeating: 1, count: rank - 2)))
    let result: Value
    switch mode {
    case "linear", "bilinear": result = sampler.linear(coordinates, image: images)
    case "nearest": result = sampler.nearest(coordinates, image: images)
    case "cubic", "bicubic": result = sampler.cubic(coordinates, image: images)
    default: throw node.wrong("'mode' must not be '\(mode)'")
    }
    // Channels from the last axis to the second.
    return try node.like(0, result.transpose([0, rank - 1] + Array(1..<rank - 1)))
  }

  /// Matrices [batch, axes, axes + 1] applied to every place of an image of the given size.
  private static func affineGrid(_ node: OperatorContext) throws -> ImportedTensor {
    let theta = try node.value(0)
    let size = try node.knownInts(1, "the size")
    let axes = size.count - 2
    guard axes >= 1, Shape(size).isValid, size.allSatisfy({ $0 <= WindowGeometry.limit }),
      theta.shape == [size[0], axes, axes + 1]
    else {
      throw node.wrong("\(theta.type) does not fit images of size \(size)")
    }
    let isAligned = node.flag("align_corners")
    let spatial = Array(size.dropFirst(2))
    // Coordinates in the order of the matrix: the image's last axis first.
    let columns = (0..<axes).map { index -> Value in
      let axis = axes - 1 - index
      let length = spatial[axis]
      let steps = (0..<length).map { place -> Double in
        if isAligned { return length == 1 ? 0 : -1 + 2 * Double(place) / Double(length - 1) }
        return (2 * Double(place) + 1) / Double(length) - 1
      }
      return node.filled(0, theta.dtype, Shape(spatial)).along(axis, steps)
        .broadcast(to: Shape(spatial))
    }
    let ones = node.filled(1, theta.dtype, Shape(spatial))
    let places = stack(columns + [ones], axis: -1).reshape([Shape(spatial).count, axes + 1])
    let moved = places.matmul(theta, transposeB: true)
    return try node.like(0, moved.reshape([size[0]] + spatial + [axes]))
  }

  /// Parts of images cropped, or zeros put around them, so that the middle stays the middle.
  private static func centerCropPad(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let wanted = try node.knownInts(1, "the shape")
    let axes = try node.axes(node.ints("axes") ?? Array(x.shape.dims.indices), rank: x.shape.rank)
    guard wanted.count == axes.count, Shape(wanted).isValid else {
      throw node.wrong("\(wanted) does not fit axes \(axes)")
    }
    var low = [Int](repeating: 0, count: x.shape.rank)
    var high = low
    for (axis, size) in zip(axes, wanted) {
      let missing = size - x.shape[axis]
      low[axis] = missing < 0 ? -(-missing / 2) : missing / 2
      high[axis] = missing - low[axis]
    }
    return try node.like(0, x.framed(low: low, high: high))
  }
}

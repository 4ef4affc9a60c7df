import GraphIR

extension OperatorTable {
  /// He et al. 2017: regions of images, each as bins that average samples inside them.
  static func alignRegions(_ node: OperatorContext) throws -> ImportedTensor {
    let (x, rois, images) = (try node.value(0), try node.value(1), try node.value(2))
    guard x.shape.rank == 4, rois.shape.rank == 2, rois.shape[1] == 4, x.shape.count > 0,
      images.shape == [rois.shape[0]]
    else { throw node.wrong("regions \(rois.type) do not fit \(x.type)") }
    let bins = [node.int("output_height", default: 1), node.int("output_width", default: 1)]
    let ratio = node.int("sampling_ratio", default: 0)
    guard bins.allSatisfy((1...4096).contains), (0...4096).contains(ratio) else {
      throw node.wrong("its attributes are outside the limits")
    }
    let isHalf =
      (node.string("coordinate_transformation_mode")
        ?? (node.opset < 16 ? "output_half_pixel" : "half_pixel")) == "half_pixel"
    let scaled = rois.cast(to: x.dtype) * node.float("spatial_scale", default: 1)
    let edges = isHalf ? scaled - 0.5 : scaled
    let sampler = PixelSampler(x, padding: .border)
    func aligned(_ edges: Value, _ images: Value, _ counts: [Int]) -> Value {
      regions(node, sampler, edges, images, bins, counts, x.shape, isHalf)
    }
    if ratio > 0 || rois.shape[0] == 0 {
      return try node.like(0, aligned(edges, images, [max(1, ratio), max(1, ratio)]))
    }
    // As many samples as fit a bin: another number for each region.
    let known = try node.known(edges, "regions with adaptive sampling").doubles
    let parts = (0..<rois.shape[0]).map { region -> Value in
      let box = Array(known[4 * region..<4 * region + 4])
      let lengths = [box[3] - box[1], box[2] - box[0]].map { isHalf ? $0 : max($0, 1) }
      let counts = zip(lengths, bins).map { length, count in
        min(4096, max(1, Int((length / Double(count)).rounded(.up))))
      }
      return aligned(
        edges[axis: 0, region..<region + 1], images[axis: 0, region..<region + 1], counts)
    }
    return try node.like(0, concat(parts, axis: 0))
  }

  /// Regions of the same number of samples a bin, [regions, channels, rows, columns].
  private static func regions(
    _ node: OperatorContext, _ sampler: PixelSampler, _ edges: Value, _ images: Value,
    _ bins: [Int], _ counts: [Int], _ shape: Shape, _ isHalf: Bool
  ) -> Value {
    let count = edges.shape[0]
    // Along rows, then columns: [regions, bins * samples, 1] and [regions, 1, bins * samples].
    var isInside: Value?
    let places = (0..<2).map { axis -> Value in
      let (start, end) = (edges[axis: 1, 1 - axis..<2 - axis], edges[axis: 1, 3 - axis..<4 - axis])
      let length = isHalf ? end - start : (end - start).maximum(start.constant(1))
      let samples = bins[axis] * counts[axis]
      let steps = (0..<samples).map { (Double($0) + 0.5) / Double(samples) }
      let table = node.builder.constant(
        Tensor(TensorType(edges.dtype, [1, samples]), doubles: steps))
      let along = start + length * table
      let limit = Double(shape[axis + 2])
      let inside = (along .>= -1) .& (along .<= limit)
      let dims = axis == 0 ? [count, samples, 1] : [count, 1, samples]
      let both = inside.reshape(dims)
      isInside = isInside.map { $0 .& both } ?? both
      return along.clamp(0, limit - 1).reshape(dims)
    }
    let full = Shape([count, bins[0] * counts[0], bins[1] * counts[1]])
    // ONNX takes the largest of the weighted neighbours, too.
    let isMax = node.string("mode") == "max"
    let pixels = sampler.linear(
      places.map { $0.broadcast(to: full) }, image: images.cast(to: .i64).reshape([count, 1, 1]),
      isLargest: isMax)
    let zero = pixels.constant(0)
    let kept = isInside.map { $0.expandDims(-1).select(pixels, zero) } ?? pixels
    let parts = kept.reshape([count, bins[0], counts[0], bins[1], counts[1], shape[1]])
    let reduced = isMax ? parts.max(axes: [2, 4]) : parts.mean(axes: [2, 4])
    return reduced.transpose([0, 3, 1, 2])
  }

  /// Dai et al. 2017: a convolution whose kernel reads where `offset` moves it.
  static func deformableConvolution(_ node: OperatorContext) throws -> ImportedTensor {
    let (x, weight, offset) = (try node.value(0), try node.value(1), try node.value(2))
    let axes = x.shape.rank - 2
    guard axes >= 1, weight.shape.rank == x.shape.rank, offset.shape.rank == x.shape.rank,
      x.shape.count > 0
    else { throw node.wrong("needs [batch, channels, X...]") }
    let lengths = Array(x.shape.dims.dropFirst(2))
    let geometry = try WindowGeometry(
      node, sizes: Array(weight.shape.dims.dropFirst(2)), lengths: lengths)
    let (groups, parts) = (node.int("group", default: 1), node.int("offset_group", default: 1))
    let places = lengths.indices.map { geometry.places($0, lengths[$0]) }
    let taps = geometry.windows.count
    let (batch, channels) = (x.shape[0], x.shape[1])
    guard groups > 0, parts > 0, channels % parts == 0, channels % groups == 0,
      weight.shape[0] % groups == 0, weight.shape[1] == channels / groups,
      offset.shape == Shape([batch, parts * taps * axes] + places)
    else { throw node.wrong("offsets \(offset.type) or groups do not fit \(x.type)") }
    // [batch * parts, taps, Y...] for each axis.
    let moved = offset.reshape([batch * parts, taps, axes] + places)
    let offsets = geometry.windows.offsets
    let coordinates = lengths.indices.map { axis -> Value in
      let tap = moved[axis: 2, axis].along(
        1, offsets.map { Double($0[axis] - geometry.low[axis]) })
      let steps = (0..<places[axis]).map { Double($0 * geometry.strides[axis]) }
      return moved[axis: 2, axis] + tap + moved[axis: 2, axis].along(axis + 2, steps)
    }
    let image = node.builder.iota(
      .i64, Shape([batch * parts] + [Int](repeating: 1, count: axes + 1)))
    let sampler = PixelSampler(x.reshape([batch * parts, channels / parts] + lengths))
    // [batch * parts, taps, Y..., channels / parts].
    var columns = sampler.linear(coordinates, image: image)
    if let mask = try node.optionalValue(4) {
      columns = columns * mask.reshape([batch * parts, taps] + places + [1])
    }
    let count = places.reduce(1, *)
    let ordered = columns.reshape([batch, parts, taps, count, channels / parts])
      .transpose([0, 1, 4, 2, 3])
      .reshape([batch, groups, channels / groups * taps, count])
    let filters = weight.reshape([groups, weight.shape[0] / groups, channels / groups * taps])
    var result = filters.matmul(ordered).reshape([batch, weight.shape[0]] + places)
    if let bias = try node.optionalValue(3) {
      result = result + bias.acrossChannels(rank: x.shape.rank)
    }
    return try node.like(0, result)
  }
}

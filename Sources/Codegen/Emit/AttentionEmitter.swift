import GraphIR

/// Prints attention and its gradient: block by block of queries, the scores of which stay in cache.
///
/// A head's keys and values are packed once, for all its blocks. Nothing of the size
/// queries x keys is ever in memory (Rabe and Staats 2021, Dao et al. 2022); since a block's whole
/// rows of scores fit the cache, their softmax needs no running maximum. The gradient computes
/// the weights of a block anew. One thread does all of a head's gradients, so that the sums over
/// the blocks are always taken in the same order.
struct AttentionEmitter {
  let id: NodeID
  let lowered: LoweredGraph
  let sizes: AttentionSizes
  let scale: Double
  let isCausal: Bool
  let dtype: DType
  /// Columns of a panel of the product.
  let panel: Int
  /// Queries of a block.
  let block: Int

  init(
    _ id: NodeID, _ lowered: LoweredGraph, _ scale: Double, _ isCausal: Bool, _ target: Target
  ) {
    self.id = id
    self.lowered = lowered
    self.scale = scale
    self.isCausal = isCausal
    sizes = lowered.attentionSizes(id)
    dtype = lowered.graph[id].type.dtype
    panel = (dtype == .f64 ? target.tile64 : target.tile32).columns
    let fitting = AttentionEmitter.scoreBytes / max(1, sizes.keys * dtype.size)
    let limits = AttentionEmitter.blocks
    let wanted = min(max(fitting, limits.lowerBound), limits.upperBound)
    // Blocks of about the same size.
    let count = max(1, (sizes.queries + wanted - 1) / wanted)
    block = max(1, (sizes.queries + count - 1) / count)
  }

  /// What a block's scores may take of a second-level cache; there are two such arrays.
  static let scoreBytes = 128 << 10
  static let blocks = 16...64

  var suffix: String { CSyntax.suffix(dtype) }
  var type: String { CSyntax.type(dtype) }
  var heads: Int { sizes.batch.count * sizes.heads }
  var paddedKeys: Int { (sizes.keys + panel - 1) / panel * panel }
  /// From one row of scores to the next: not a power of two, so that columns do not share a set.
  var scoreStride: Int { paddedKeys + 16 }

  // MARK: - Forward

  func forward(_ context: inout ModuleContext) {
    let (queries, keys, features, width) =
      (sizes.queries, sizes.keys, sizes.features, sizes.width)
    guard heads * queries * width > 0 else { return context.writer.line("(void)begin; (void)end;") }
    var scratch = Scratch(dtype)
    scratch.add("keys", paddedKeys * features, "k transposed, in panels")
    scratch.add("values", keys * width, "v, row after row")
    scratch.add("rows", block * features, "a block of q, scaled")
    scratch.add("scores", block * scoreStride, "of the block, then their exponentials")
    scratch.add("factors", block, "1 / sum of a row's exponentials")
    scratch.declare(&context)

    // Heads alone may be too few for the threads, so that their blocks are shared, too.
    let blocks = (queries + block - 1) / block
    let parts = max(1, min(blocks, 16 / heads))
    let share = (blocks + parts - 1) / parts * block
    openUnits(parts, &context)
    let result = Access(dense: id, sizes.result, over: sizes.result)
    for (name, operand) in [("q", 0), ("k", 1), ("v", 2)] {
      pointer(name, lowered.access(id, operand), isWritten: false, &context)
    }
    pointer("y", result, isWritten: true, &context)
    let ahead = declare(
      Ahead(byBlock: [("q", 0)], byHead: parts == 1 ? [("k", 1), ("v", 2)] : []), parts, &context)
    let isNew = "unit == \(context.firstUnit) || unit % \(parts) == 0"
    context.writer.open(parts > 1 ? "if (\(isNew)) {" : "{")
    pack("keys", "k", 1, features, &context)
    copy("values", "v", 2, width, &context)
    context.writer.close()
    let first = parts > 1 ? "unit % \(parts) * \(share)" : "0"
    let end = "first + \(share)"
    let last = parts > 1 ? "\(end) < \(queries) ? \(end) : \(queries)" : "\(queries)"
    context.writer.line("const long first = \(first), last = \(last);")
    openBlocks(&context)
    scores(&context)
    let stride = result.strides[result.strides.count - 3]
    let near = fill(ahead, &context)
    context.call(
      "dlc_gemm_direct_\(suffix)",
      [
        .long("n"), .long(width), .long("seen"), .reading(dtype, "scores"), .long(scoreStride),
        .long(1), .reading(dtype, "values"), .long(width), .out(dtype, "y + r * \(stride)"),
        .long(stride), .flag("0"), near,
      ])
    context.call(
      "dlc_mul_\(suffix)",
      [
        .long("n"), .long(width), .out(dtype, "y + r * \(stride)"), .long(stride),
        .reading(dtype, "y + r * \(stride)"), .long(stride), .long(1), .reading(dtype, "factors"),
        .long(1), .long(0),
      ])
    for _ in ["blocks", "units"] { context.writer.close() }
    context.closeShare()
  }

  // MARK: - Backward

  func backward(_ context: inout ModuleContext) {
    let (queries, keys, features, width) =
      (sizes.queries, sizes.keys, sizes.features, sizes.width)
    guard lowered.shape(id).count > 0 else {
      return context.writer.line("(void)begin; (void)end;")
    }
    var scratch = Scratch(dtype)
    scratch.add("keys", paddedKeys * features, "k transposed, in panels")
    scratch.add("values", paddedKeys * width, "v transposed, in panels")
    scratch.add("scaled", keys * features, "k, scaled")
    scratch.add("rows", block * features, "a block of q, scaled")
    scratch.add("above", block * width, "a block of g, times factors")
    scratch.add("scores", block * scoreStride, "of the block, then their exponentials")
    scratch.add("change", block * scoreStride, "gradients of the weights, then of the scores")
    scratch.add("factors", block, "1 / sum of a row's exponentials")
    scratch.add("keysSum", keys * features, "the gradient of k")
    scratch.add("valuesSum", keys * width, "the gradient of v")
    scratch.declare(&context)

    openUnits(1, &context)
    for (name, operand) in [("q", 0), ("k", 1), ("v", 2), ("g", 3)] {
      pointer(name, lowered.access(id, operand), isWritten: false, &context)
    }
    // The result is the three gradients, dense, one after another.
    let shapes = (0..<3).map { lowered.graph.operandTypes(id)[$0].shape }
    var offset = 0
    for (name, shape) in zip(["dq", "dk", "dv"], shapes) {
      var access = Access(dense: id, shape, over: shape)
      access.offset = offset
      offset += shape.count
      pointer(name, access, isWritten: true, &context)
    }
    let ahead = declare(
      Ahead(byBlock: [("q", 0), ("g", 3)], byHead: [("k", 1), ("v", 2)]), 1, &context)
    pack("keys", "k", 1, features, &context)
    pack("values", "v", 2, width, &context)
    scaled("scaled", "k", 1, keys, features, from: "", &context)
    let rowStrides = shapes.map { $0[$0.rank - 2] * $0[$0.rank - 1] }
    let sums = [("keysSum", features), ("valuesSum", width)]
    for (name, columns) in sums {
      context.call(
        "dlc_fill_\(CSyntax.bits(dtype))",
        [
          .long(keys), .long(columns), .outBits(name), .long(columns), .long(1),
          .readingBits("zero"),
        ])
    }
    context.writer.line("const long first = 0, last = \(queries);")
    openBlocks(&context)
    scores(&context)
    let above = rowStride(3)
    context.call(
      "dlc_mul_\(suffix)",
      [
        .long("n"), .long(width), .out(dtype, "above"), .long(width),
        .reading(dtype, "g + r * \(above)"), .long(above), .long(1), .reading(dtype, "factors"),
        .long(1), .long(0),
      ])
    products("change", of: "above", "values", width, &context)
    // dv += weights^T g, and with the scores' gradients ds: dq = ds k, dk += ds^T q.
    sum("valuesSum", "scores", "above", width, &context)
    context.call(
      "dlc_attention_scores_\(suffix)",
      [
        .long("n"), .long("seen"), .out(dtype, "change"), .long(scoreStride),
        .reading(dtype, "scores"), .long(scoreStride), .reading(dtype, "factors"),
      ])
    let near = fill(ahead, &context)
    context.call(
      "dlc_gemm_direct_\(suffix)",
      [
        .long("n"), .long(features), .long("seen"), .reading(dtype, "change"),
        .long(scoreStride), .long(1), .reading(dtype, "scaled"), .long(features),
        .out(dtype, "dq + r * \(rowStrides[0])"), .long(rowStrides[0]), .flag("0"),
        near,
      ])
    sum("keysSum", "change", "rows", features, &context)
    context.writer.close()
    for (place, (name, columns)) in zip([1, 2], sums) {
      context.call(
        "dlc_copy_\(CSyntax.bits(dtype))",
        [
          .long(keys), .long(columns), .outBits(place == 1 ? "dk" : "dv"),
          .long(rowStrides[place]), .long(1), .readingBits(name), .long(columns), .long(1),
        ])
    }
    context.writer.close()
    context.closeShare()
  }

  /// result += a^T b, a being a block of scores.
  private func sum(
    _ result: String, _ a: String, _ b: String, _ columns: Int,
    _ context: inout ModuleContext
  ) {
    context.call(
      "dlc_gemm_direct_\(suffix)",
      [
        .long("seen"), .long(columns), .long("n"), .reading(dtype, a), .long(1),
        .long(scoreStride), .reading(dtype, b), .long(columns), .out(dtype, result),
        .long(columns), .flag("1"), .init(type: "const dlc_ahead *", text: "0"),
      ])
  }
}

import GraphIR

/// Prints attention and its gradient: block by block of queries, the scores of which stay in cache.
///
/// A head's keys and values are packed once, for all its blocks. Nothing of the size
/// queries x keys is in memory (Rabe and Staats 2021, Dao et al. 2022), unless it pays to keep the
/// exponentials for the gradient (`KeptScores`), which else computes a block's anew. Since a
/// block's whole rows of scores fit the cache, their softmax needs no running maximum. One thread
/// does all of a head's gradients, so that the sums over the blocks are always taken in the same
/// order.
struct AttentionEmitter {
  let id: NodeID
  let lowered: LoweredGraph
  let scale: Double
  let isCausal: Bool
  let blocks: AttentionBlocks
  /// The attention that keeps the exponentials: itself, or that whose gradient it is.
  let keeper: NodeID?

  init(
    _ id: NodeID, _ lowered: LoweredGraph, _ scale: Double, _ isCausal: Bool, _ target: Target
  ) {
    self.id = id
    self.lowered = lowered
    self.scale = scale
    self.isCausal = isCausal
    blocks = AttentionBlocks(lowered.attentionSizes(id), lowered.graph[id].type.dtype, target)
    keeper = lowered.keptScores.keeper[id]
  }

  var sizes: AttentionSizes { blocks.sizes }
  var dtype: DType { blocks.dtype }
  var panel: Int { blocks.panel }
  var block: Int { blocks.block }
  var heads: Int { blocks.heads }
  var paddedKeys: Int { blocks.paddedKeys }
  var scoreStride: Int { blocks.scoreStride }
  var suffix: String { CSyntax.suffix(dtype) }
  var type: String { CSyntax.type(dtype) }

  // MARK: - Forward

  func forward(_ context: inout ModuleContext) {
    let (queries, keys, features, width) =
      (sizes.queries, sizes.keys, sizes.features, sizes.width)
    guard heads * queries * width > 0 else { return context.writer.line("(void)begin; (void)end;") }
    var scratch = Scratch(dtype)
    scratch.add("keys", paddedKeys * features, "k transposed, in panels")
    scratch.add("values", keys * width, "v, row after row")
    scratch.add("rows", block * features, "a block of q, scaled")
    addScores(&scratch)
    scratch.declare(&context)

    // Heads alone may be too few for the threads, so that their blocks are shared, too.
    let parts = max(1, min(blocks.count, 16 / heads))
    let share = Tiling.tiles(blocks.count, parts) * block
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
    openBlocks(parts, &context)
    scores(&context)
    let stride = result.strides[result.strides.count - 3]
    let near = fill(read: regions(ahead), written: kept(), &context)
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
    if keeper == nil { scratch.add("keys", paddedKeys * features, "k transposed, in panels") }
    scratch.add("values", paddedKeys * width, "v transposed, in panels")
    scratch.add("scaled", keys * features, "k, scaled")
    scratch.add("rows", block * features, "a block of q, scaled")
    scratch.add("above", block * width, "a block of g, times factors")
    addScores(&scratch)
    scratch.add("change", block * scoreStride, "gradients of the weights, then of the scores")
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
    if keeper == nil { pack("keys", "k", 1, features, &context) }
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
    openBlocks(1, &context)
    if keeper == nil {
      scores(&context)
    } else {
      scaled("rows", "q", 0, "n", features, from: "r", &context)
    }
    let above = rowStride(3)
    context.call(
      "dlc_mul_\(suffix)",
      [
        .long("n"), .long(width), .out(dtype, "above"), .long(width),
        .reading(dtype, "g + r * \(above)"), .long(above), .long(1), .reading(dtype, "factors"),
        .long(1), .long(0),
      ])
    products("change", of: "above", "values", width, &context)
    context.call(
      "dlc_attention_scores_\(suffix)",
      [
        .long("n"), .long("seen"), .out(dtype, "change"), .long(scoreStride),
        .reading(dtype, "scores"), .long(scoreStride), .reading(dtype, "factors"),
      ])
    // dv += weights^T g, and with the scores' gradients ds: dq = ds k, dk += ds^T q.
    sum("valuesSum", "scores", "above", width, &context)
    // One product has too few steps to ask for all of the next block's exponentials.
    let near = fill(read: regions(ahead) + kept(0, of: 2), &context)
    context.call(
      "dlc_gemm_direct_\(suffix)",
      [
        .long("n"), .long(features), .long("seen"), .reading(dtype, "change"),
        .long(scoreStride), .long(1), .reading(dtype, "scaled"), .long(features),
        .out(dtype, "dq + r * \(rowStrides[0])"), .long(rowStrides[0]), .flag("0"),
        near,
      ])
    let rest = fill(read: kept(1, of: 2), &context)
    sum("keysSum", "change", "rows", features, near: rest, &context)
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
    near: ModuleContext.Argument = .init(type: "const dlc_ahead *", text: "0"),
    _ context: inout ModuleContext
  ) {
    context.call(
      "dlc_gemm_direct_\(suffix)",
      [
        .long("seen"), .long(columns), .long("n"), .reading(dtype, a), .long(1),
        .long(scoreStride), .reading(dtype, b), .long(columns), .out(dtype, result),
        .long(columns), .flag("1"), near,
      ])
  }
}

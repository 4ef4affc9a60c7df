import GraphIR

/// How attention divides its scores, which are never all in cache: a block of queries at a time.
struct AttentionBlocks {
  let sizes: AttentionSizes
  let dtype: DType
  /// Columns of a panel of the product.
  let panel: Int
  /// Queries of a block.
  let block: Int

  init(_ sizes: AttentionSizes, _ dtype: DType, _ target: Target) {
    (self.sizes, self.dtype) = (sizes, dtype)
    panel = target.tile(dtype).columns
    let fitting = AttentionBlocks.scoreBytes / max(1, sizes.keys * dtype.size)
    let limits = AttentionBlocks.limits
    let wanted = min(max(fitting, limits.lowerBound), limits.upperBound)
    // Blocks of about the same size.
    let count = max(1, Tiling.tiles(sizes.queries, wanted))
    block = max(1, Tiling.tiles(sizes.queries, count))
  }

  /// What a block's scores may take of a second-level cache; there are two such arrays.
  private static let scoreBytes = 128 << 10
  private static let limits = 16...64

  var heads: Int { sizes.batch.count * sizes.heads }
  /// Blocks of one head.
  var count: Int { max(1, Tiling.tiles(sizes.queries, block)) }
  var paddedKeys: Int { Tiling.tiles(sizes.keys, panel) * panel }
  /// From one row of scores to the next: not a power of two, so that columns do not share a set.
  var scoreStride: Int { paddedKeys + 16 }

  /// Elements of all heads' rows of exponentials, behind which lie the rows' factors.
  var exponentials: Int { heads * sizes.queries * scoreStride }
  var keptBytes: Int { (exponentials + heads * sizes.queries) * dtype.size }
}

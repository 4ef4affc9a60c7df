import GraphIR

/// How a loop that reduces down columns shares its rows: in chunks whose number depends on the
/// sizes alone, each with a partial result of its own.
struct ColumnSums {
  /// Sizes before, of, and after the reduced axes.
  let outer: Int
  let rows: Int
  let inner: Int
  let tileRows: Int
  let tileColumns: Int
  /// Row tiles of a chunk.
  let chunkTiles: Int

  var chunks: Int { max(1, Tiling.tiles(Tiling.tiles(rows, tileRows), chunkTiles)) }

  private static let enoughUnits = 16

  /// `hasWholeRows` where rows are reduced too, so that a tile must hold whole ones.
  init(domain: Shape, reduced: Range<Int>, hasWholeRows: Bool) {
    outer = domain.dims[..<reduced.lowerBound].reduce(1, *)
    rows = reduced.reduce(1) { $0 * domain[$1] }
    inner = domain.dims[reduced.upperBound...].reduce(1, *)
    tileColumns = max(1, hasWholeRows ? inner : min(inner, 512))
    tileRows = max(1, min(rows, Tiling.tileElements / tileColumns))
    let tiles = Tiling.tiles(rows, tileRows)
    let others = outer * Tiling.tiles(inner, tileColumns)
    let wanted = max(1, ColumnSums.enoughUnits / max(1, others))
    chunkTiles = max(1, Tiling.tiles(tiles, wanted))
  }
}

extension Kernel {
  /// How a loop that reduces down columns is cut up; nil for other kernels.
  var columnSums: ColumnSums? {
    columnRows.map { ColumnSums(domain: domain, reduced: $0, hasWholeRows: split != nil) }
  }
}

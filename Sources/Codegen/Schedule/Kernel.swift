import GraphIR

/// Nodes computed together, tile by tile, in one function of the generated C.
struct Kernel {
  enum Kind: Hashable {
    /// Elementwise nodes and reductions along rows.
    case loop
    /// A matrix product, and elementwise nodes on its tiles while they are in cache.
    case contraction
    /// A reduction down columns, and elementwise nodes on its tiles.
    case columnReduction
    /// One node with a loop nest of its own.
    case single
  }

  let kind: Kind
  /// What the tiles tile: the shape of the elementwise nodes.
  let domain: Shape
  /// In order; the product or the column reduction first.
  var nodes: [NodeID]
  /// Where a loop reduces rows: the leading axes that count rows. The others are columns.
  var split: Int?
  /// Where a loop also reduces down columns: the axes reduced, which end where the columns begin.
  var columnRows: Range<Int>?
  /// Why the nodes' operands come from other kernels, for the fusion report.
  var boundaries: [Boundary] = []

  struct Boundary {
    let node: NodeID
    let operand: NodeID
    let reason: String
  }

  /// Rows longer than this are reduced piece by piece, and what depends on the result waits.
  static let residentColumns = 4096

  /// Whether whole rows are in cache, so that a reduction's result can be used in the same tile.
  var isResident: Bool {
    guard let split else { return true }
    return domain.dims[split...].reduce(1, *) <= Kernel.residentColumns
  }

  /// In how many pieces a row is reduced that is too long to be in cache.
  var partialPieces: Int {
    let columns = domain.dims[(split ?? domain.rank)...].reduce(1, *)
    return (columns + Kernel.residentColumns - 1) / Kernel.residentColumns
  }

  /// The rows of a loop that reduces.
  var rowShape: Shape { Shape(Array(domain.dims[..<(split ?? domain.rank)])) }
}

/// What a node is within its kernel's tiles.
enum TileRole {
  /// One element for each of the domain's.
  case full
  /// One value a row.
  case row
  /// One value a column, known when the kernel has run.
  case column
}

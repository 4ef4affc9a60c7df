import GraphIR

/// How a kernel's domain is cut into tiles: outer axes, then rows and columns of a tile.
///
/// Neighbouring axes that are one run of memory in every operand count as one axis.
struct Tiling {
  /// Original axes of each merged axis; axes of size 1 are in none.
  let groups: [[Int]]
  let sizes: [Int]
  let tileRows: Int
  let tileColumns: Int
  private var keepsEmptyRows = false
  /// Row tiles that one unit of work takes one after another.
  var chunkTiles = 1

  var outer: ArraySlice<Int> { sizes.dropLast(2) }
  var rows: Int { sizes[sizes.count - 2] }
  var columns: Int { sizes[sizes.count - 1] }
  var rowTiles: Int { Tiling.tiles(rows, tileRows) }
  var columnTiles: Int {
    // A reduction of empty rows has a result all the same.
    keepsEmptyRows ? max(1, Tiling.tiles(columns, tileColumns)) : Tiling.tiles(columns, tileColumns)
  }
  var rowUnits: Int { Tiling.tiles(rowTiles, chunkTiles) }
  var units: Int { outer.reduce(1, *) * rowUnits * columnTiles }

  static func tiles(_ size: Int, _ tile: Int) -> Int { (size + tile - 1) / tile }

  /// Elements of a tile: eight tiles of f32 fit a 48 kB cache beside what they read.
  static let tileElements = 1024

  /// Tiles of a loop over `domain`, whose operands have `strides`. With `split`, columns are all
  /// axes from there on, and a tile has whole rows unless they are too long to be `resident`.
  init(
    domain: Shape, strides: [[Int]], split: Int?, resident: Bool, tileRows: Int? = nil,
    tileColumns: Int? = nil
  ) {
    var groups: [[Int]]
    if let split {
      keepsEmptyRows = true
      let leading = Tiling.merge(Array(domain.dims[..<split]), strides.map { Array($0[..<split]) })
      let columns = (split..<domain.rank).filter { domain[$0] != 1 }
      groups = leading + [columns]
    } else {
      groups = Tiling.merge(domain.dims, strides)
    }
    while groups.count < 2 { groups.insert([], at: 0) }
    self.groups = groups
    sizes = groups.map { group in group.reduce(1) { $0 * domain[$1] } }
    let rows = sizes[sizes.count - 2]
    let columns = sizes[sizes.count - 1]
    let last = groups[groups.count - 1].last
    let isStrided = strides.contains { strides in
      last.map { ![0, 1].contains(strides[$0]) } ?? false
    }
    if let tileRows, let tileColumns {
      self.tileColumns = tileColumns
      self.tileRows = tileRows
    } else if split != nil {
      self.tileColumns = resident ? max(1, columns) : Kernel.residentColumns
      self.tileRows = resident ? max(1, min(rows, Tiling.tileElements / max(1, columns))) : 1
    } else if isStrided {
      self.tileColumns = max(1, min(columns, 64))
      self.tileRows = max(1, min(rows, 16))
    } else {
      let tileColumns = max(1, min(columns, Tiling.tileElements))
      self.tileColumns = tileColumns
      self.tileRows = max(1, min(rows, Tiling.tileElements / tileColumns))
    }
  }

  /// Tiles of a loop that reduces down columns.
  init(domain: Shape, strides: [[Int]], reduced: Range<Int>, _ sums: ColumnSums) {
    let first = reduced.lowerBound
    let leading = Tiling.merge(Array(domain.dims[..<first]), strides.map { Array($0[..<first]) })
    let rows = reduced.filter { domain[$0] != 1 }
    let columns = (reduced.upperBound..<domain.rank).filter { domain[$0] != 1 }
    groups = leading + [rows, columns]
    sizes = groups.map { group in group.reduce(1) { $0 * domain[$1] } }
    tileRows = sums.tileRows
    tileColumns = sums.tileColumns
    chunkTiles = sums.chunkTiles
  }

  /// Tiles of given sizes over given groups of axes, for contractions.
  init(groups: [[Int]], sizes: [Int], tileRows: Int, tileColumns: Int) {
    self.groups = groups
    self.sizes = sizes
    self.tileRows = tileRows
    self.tileColumns = tileColumns
  }

  /// The stride of an access along a merged axis.
  func stride(_ strides: [Int], _ group: Int) -> Int {
    groups[group].last.map { strides[$0] } ?? 0
  }

  /// Whether all tiles begin at 0 along a merged axis.
  func isSingle(_ group: Int) -> Bool {
    switch group {
    case sizes.count - 1: columnTiles <= 1
    case sizes.count - 2: rowTiles <= 1
    default: sizes[group] <= 1
    }
  }

  /// Whether the axes are one run of memory for each of the accesses.
  static func collapses(_ dims: [Int], _ strides: [[Int]]) -> Bool {
    merge(dims, strides).count <= 1
  }

  private static func merge(_ dims: [Int], _ strides: [[Int]]) -> [[Int]] {
    var groups: [[Int]] = []
    for axis in dims.indices where dims[axis] != 1 {
      if let before = groups.last?.last,
        strides.allSatisfy({ $0[before] == $0[axis] * dims[axis] })
      {
        groups[groups.count - 1].append(axis)
      } else {
        groups.append([axis])
      }
    }
    return groups
  }
}

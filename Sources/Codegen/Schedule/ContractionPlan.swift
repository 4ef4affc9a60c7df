import GraphIR

/// How a contraction's kernel walks its result, with what of B is packed at a time.
///
/// A unit of work is a block of rows times a panel of columns; some panels that lie side by side are
/// a block, whose rows come one block after another: A's rows are read while they are near. A
/// thread packs a panel of B before its first unit with it, and keeps it for the block's other rows.
/// Units are small, and all about the same work, so that threads have equal shares.
struct ContractionPlan {
  let form: ContractionForm
  let tiling: Tiling
  /// Where a block of rows takes several runs of A's rows: rows of a run.
  let run: Int?
  /// Columns of a panel of B, and panels of a block.
  let panel: Int
  let blockPanels: Int
  /// Groups of rows, one a core, whose blocks come one group after another; with one group a core
  /// has all rows of some columns.
  let rowGroups: Int
  /// Whether B is read where it lies.
  let isDirect: Bool
  /// How B lies, where not in rows: in panels as the product reads them, or, transposed, in ones to
  /// pack from.
  let panels: PanelLayout?
  /// How A lies, where not in rows.
  let left: PanelLayout?
  /// Where A is copied before its product, a piece of the sum at a time: how the copy lies.
  let copy: Copy?
  /// The reduced axes that are loops in C, outermost first, each with the step it takes; the
  /// product's kernel does the others, of which there are three.
  let loops: [(axis: ContractionForm.Axis, step: Int)]
  let inner: [ContractionForm.Axis]
  /// Where it is a convolution that takes fewer multiplications.
  let winograd: WinogradPlan?
  /// Where a matrix unit multiplies.
  let split: SplitPlan?

  /// Elements between the rows, and between the steps of the sum, of a copied block of A.
  struct Copy {
    let row: Int
    let step: Int
    let elements: Int

    /// Whether a step's elements lie side by side, and not a row's.
    var isByStep: Bool { row == 1 }
  }

  /// Rows of a packed panel.
  var panelDepth: Int {
    winograd.map { $0.panelElements / $0.panel } ?? inner.reduce(1) { $0 * $1.size }
  }

  var columnBlocks: Int { Tiling.tiles(tiling.columnTiles, blockPanels) }
  /// Panels of the last block.
  var lastPanels: Int { tiling.columnTiles - (columnBlocks - 1) * blockPanels }
  /// Blocks of rows of a group.
  var rowTilesPerGroup: Int { tiling.rowTiles / rowGroups }
  /// Units of a group with the same panel.
  var unitsPerPanel: Int {
    rowTilesPerGroup * form.outerRowsLeft(run).reduce(1) { $0 * $1.size }
  }
  /// Units of one group of one matrix of a batch.
  var unitsPerGroup: Int { unitsPerPanel * tiling.columnTiles }
  var units: Int { unitsPerGroup * rowGroups * form.batch.reduce(1) { $0 * $1.size } }

  /// A tile has about as many columns, and no fewer rows.
  private static let tileColumns = 32
  private static let tileRows = 96

  /// Longest sum that is packed at a time, and most bytes of panels, so that they and a block of A
  /// stay in a second-level cache of 1 MB or more.
  private static let packedDepth = 4096
  private static let scatteredDepth = 256
  /// A second-level cache that has room for more rows of A, which then share the packing of B, and
  /// for their results, which shorter pieces of the sum read and write more often. Such pieces leave
  /// room in the first-level cache.
  private static let roomyCache = 2 << 20
  private static let roomyDepth = 128
  private static let crowdedDepth = 512
  /// Bytes between steps from which on lines crowd into few sets of a cache.
  private static let farStep = 1024
  /// Bytes between rows that then all lie in the same set of a first-level cache.
  static let setStride = 4096
  private static let packedBytes = 512 * 1024
  /// Times the size of B that A and C together must be for groups of rows.
  private static let rowsWorthGroups = 4
  /// Fewer units than this are hard to share evenly.
  private static let fewUnits = 24

  /// The columns of a panel where there are enough: some register tiles where those are small, for
  /// the rest of a tile's program.
  static func widestPanel(_ tile: Target.Tile) -> Int {
    (tileColumns + tile.columns - 1) / tile.columns * tile.columns
  }

  /// A plan for Winograd's kernels, which pack a whole panel of B or none.
  init(_ form: ContractionForm, winograd: WinogradPlan, run: Int?, tiling: Tiling) {
    self.form = form
    self.winograd = winograd
    self.run = run
    self.tiling = tiling
    panel = winograd.panel
    blockPanels = 1
    rowGroups = 1
    isDirect = winograd.part == .kernelGradient
    (panels, left, copy, loops, inner, split) = (nil, nil, nil, [], form.sums, nil)
  }

  /// A plan for a matrix unit, whose kernel reads both sides where they lie and alone divides the sum.
  init(_ form: ContractionForm, split: SplitPlan) {
    self.form = form
    self.split = split
    let outer = form.batch + form.outerRows
    tiling = Tiling(
      groups: outer.map(\.axes) + [form.rows.axes, form.columns.axes],
      sizes: outer.map(\.size) + [form.rows.size, form.columns.size], tileRows: split.rows,
      tileColumns: split.columns)
    panel = split.columns
    blockPanels = tiling.columnTiles
    rowGroups = 1
    isDirect = true
    inner = ContractionPlan.levels(form.reduced, limit: .max).1
    (panels, left, copy, loops, run, winograd) = (nil, nil, nil, [], nil, nil)
  }

  /// A plan for the matrix unit where it is faster, else one for vectors.
  static func fastest(
    _ form: ContractionForm, _ target: Target, _ dtype: DType, left: PanelLayout? = nil,
    right: PanelLayout? = nil
  ) -> ContractionPlan {
    if left == nil, right == nil, let split = SplitPlan(form, target, dtype) {
      return ContractionPlan(form, split: split)
    }
    return ContractionPlan(form, target, dtype, left: left, right: right)
  }

  /// `left` and `right` are how A and B lie, where they are in panels.
  init(
    _ form: ContractionForm, _ target: Target, _ dtype: DType, left: PanelLayout? = nil,
    right: PanelLayout? = nil
  ) {
    let (tile, elementBytes) = (target.tile(dtype), dtype.size)
    let isRoomy = target.secondCache >= ContractionPlan.roomyCache
    self.form = form
    (winograd, split) = (nil, nil)
    panels = right
    self.left = left
    let columns = form.columns.size
    panel = max(1, min(ContractionPlan.widestPanel(tile), columns))
    let isInPanels = form.columns.b == 1 && right != nil
    let hasFewRows = form.rowCount <= 2 * tile.rows
    isDirect = isInPanels || form.columns.b == 1 && hasFewRows && form.reduced.count <= 3
    // Rows of A that are a multiple of 4 KB apart throw each other out of the first-level cache
    // between one step and the next.
    let rowBytes = left == nil ? abs(form.rows.a) * elementBytes : 0
    let isCrowded =
      rowBytes > 0 && rowBytes % ContractionPlan.setStride == 0 && form.reduced.count == 1
      && form.reduced[0].a == 1 && form.reduced[0].size > ContractionPlan.crowdedDepth
      && !hasFewRows && columns > panel
    // A transposed A takes one cache line a step, far from the one before: few enough steps at a
    // time that the next rows find their lines in the second-level cache.
    let step = abs(form.reduced.last?.a ?? 0) * elementBytes
    let isScattered = form.rows.a == 1 && step >= ContractionPlan.farStep
    let limit: Int
    if isCrowded {
      limit = ContractionPlan.crowdedDepth
    } else if isScattered, isInPanels || !isDirect {
      let isLong = form.reduced.last.map { $0.size > ContractionPlan.scatteredDepth } ?? false
      limit = isRoomy && isLong ? ContractionPlan.roomyDepth : ContractionPlan.scatteredDepth
    } else {
      limit = isDirect ? .max : ContractionPlan.packedDepth
    }
    (loops, inner) = ContractionPlan.levels(form.reduced, limit: limit)
    let bytes = inner.reduce(panel * elementBytes) { $0 * $1.size }

    // Few rows of A lie together, as in a convolution over small images: a block takes some runs.
    // Where B is packed for each block anew, larger blocks share the effort, and one of all rows
    // spares it where there are units enough without.
    let rowsPerBlock = max(8 * tile.rows, ContractionPlan.tileRows)
    let more = loops.isEmpty || isCrowded && isDirect ? 1 : isRoomy ? 3 : 2
    let size = form.rows.size
    var wanted = more * rowsPerBlock
    if more > 1, size <= wanted * 5 / 4, Tiling.tiles(columns, panel) >= ContractionPlan.fewUnits {
      wanted = size
    }
    var rowsPerTile = ContractionPlan.even(size, wanted)
    var run: Int?
    if size > 0, size * 2 <= wanted, let outer = form.outerRows.last, form.isJoined {
      run = size
      rowsPerTile = size * ContractionPlan.even(outer.size, wanted / size)
    }
    self.run = run
    let outer = form.batch + form.outerRowsLeft(run)
    let rowAxes =
      run == nil ? form.rows.axes : form.outerRows[form.outerRows.count - 1].axes + form.rows.axes
    let groups = outer.map(\.axes) + [rowAxes, form.columns.axes]
    let sizes =
      outer.map(\.size)
      + [run == nil ? size : size * form.outerRows[form.outerRows.count - 1].size, columns]

    var panels = max(
      1, min(ContractionPlan.packedBytes / max(1, bytes), Tiling.tiles(columns, panel)))
    let others = outer.reduce(Tiling.tiles(sizes[sizes.count - 2], rowsPerTile)) { $0 * $1.size }
    // Pieces of A are copied for each block of columns: there should be few. Threads may share one.
    let enough = loops.isEmpty ? ContractionPlan.fewUnits : 1
    while panels > 1, others * Tiling.tiles(columns, panels * panel) < enough {
      panels = (panels + 1) / 2
    }
    blockPanels = panels
    let isCopied = !loops.isEmpty && inner[0].size * inner[1].size == 1
    if isCopied, isScattered {
      let step = ContractionPlan.spread(rowsPerTile)
      copy = Copy(row: 1, step: step, elements: step * inner[2].size)
    } else if isCopied, isCrowded {
      let row = ContractionPlan.spread(inner[2].size)
      copy = Copy(row: row, step: 1, elements: row * rowsPerTile)
    } else {
      copy = nil
    }
    rowGroups =
      right != nil && loops.isEmpty && outer.isEmpty && columns > panels * panel
      ? ContractionPlan.rowGroups(form, &rowsPerTile, target) : 1
    tiling = Tiling(
      groups: groups, sizes: sizes, tileRows: rowsPerTile, tileColumns: panel)
  }

  /// Groups for the cores where A and C are much larger than B, all of which each core then reads: the
  /// rows of A and C are those that it has in other kernels, too, and need not come from the cache of
  /// another. Blocks of rows become a bit smaller where that many are not a multiple of the groups.
  private static func rowGroups(
    _ form: ContractionForm, _ rowsPerTile: inout Int, _ target: Target
  ) -> Int {
    let (rows, columns, depth) = (form.rows.size, form.columns.size, form.depth)
    guard target.cores > 1, form.rows.a != 1,
      rows * (columns + depth) >= ContractionPlan.rowsWorthGroups * columns * depth
    else { return 1 }
    let groups = target.cores
    let count = Tiling.tiles(Tiling.tiles(rows, rowsPerTile), groups) * groups
    let length = Tiling.tiles(rows, count)
    guard Tiling.tiles(rows, length) == count else { return 1 }
    rowsPerTile = length
    return groups
  }

  /// A distance of at least `count` elements, of whole lines, whose multiples lie in different sets
  /// of a cache.
  private static func spread(_ count: Int) -> Int {
    let lines = (count + 15) / 16 * 16
    return lines % 128 == 0 ? lines + 16 : lines
  }

  /// The length of the least number of equal parts no longer than `limit`.
  static func even(_ size: Int, _ limit: Int) -> Int {
    max(1, Tiling.tiles(size, max(1, Tiling.tiles(size, limit))))
  }

  /// Splits the reduced axes into loops and the three innermost whose product is within `limit`.
  private static func levels(_ reduced: [ContractionForm.Axis], limit: Int)
    -> ([(axis: ContractionForm.Axis, step: Int)], [ContractionForm.Axis])
  {
    let one = ContractionForm.Axis(axes: [], size: 1, a: 0, b: 0, c: 0)
    var inner: [ContractionForm.Axis] = []
    var depth = 1
    var rest = reduced
    if reduced.contains(where: { $0.size == 0 }) {
      // Nothing to add up: the kernel writes zeros.
      var none = one
      none.size = 0
      (rest, inner) = ([], [none])
    }
    while let axis = rest.last, inner.count < 3, axis.size * depth <= limit {
      inner.insert(axis, at: 0)
      depth *= axis.size
      rest.removeLast()
    }
    var loops = rest.map { (axis: $0, step: 1) }
    if inner.count < 3, var axis = rest.last {
      // Of an axis that is too long, as many at a time as fit and divide it, or all but a rest.
      let most = max(1, limit / depth)
      let step = (1...most).last { axis.size % $0 == 0 } ?? 1
      if step * 2 > most || inner.isEmpty {
        let chosen = step * 2 > most ? step : most
        loops[loops.count - 1].step = chosen
        axis.size = chosen
        inner.insert(axis, at: 0)
      }
    }
    while inner.count < 3 { inner.insert(one, at: 0) }
    return (loops, inner)
  }
}

extension ContractionForm {
  /// The outer row axes that are loops, the last one possibly being part of a block of rows.
  func outerRowsLeft(_ run: Int?) -> [Axis] { run == nil ? outerRows : outerRows.dropLast() }
}

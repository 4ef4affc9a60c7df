import GraphIR

/// A product of f32 on a matrix unit of bfloat16: every number is the sum of three of those, and six
/// products of such parts stand for one (`dlc_brgemm_bf16x3_f32`).
///
/// The kernel makes the parts itself, for every unit of work anew, from operands where they lie. Units
/// are large, so that this effort is small beside the multiplications.
struct SplitPlan {
  let rows: Int
  let columns: Int

  // What the kernels take where operands are in the second-level cache and a core has nothing else to
  // do, measured on an Emerald Rapids, in cycles.

  /// A multiply-add, on the matrix unit (all six) and with vectors.
  private static let matrixCycles = 1.0 / 56
  private static let vectorCycles = 1.0 / 27
  /// An element split, from a run of memory or transposed.
  private static let splitCycles = 0.55
  private static let transposingCycles = 0.8
  /// How much faster the matrix unit must be by that.
  private static let gain = 1.1
  /// Most rows and columns of a unit, and what they are multiples of.
  private static let largest = 256
  private static let step = 16

  /// The size of units that takes the least time, where that is worth it.
  init?(_ form: ContractionForm, _ target: Target, _ dtype: DType) {
    guard target.hasMatrixUnit, dtype == .f32, form.reduced.count <= 3,
      let inner = form.reduced.last
    else { return nil }
    let (m, n, k) = (form.rows.size, form.columns.size, form.depth)
    let matrices = (form.batch + form.outerRows).reduce(1) { $0 * $1.size }
    // Both sides must be runs of memory along an axis.
    guard matrices * m * n * k > 0, n > 1, inner.a == 1 || form.rows.a == 1,
      inner.b == 1 || form.columns.b == 1
    else { return nil }
    func padded(_ size: Int) -> Double { Double(Tiling.tiles(size, Self.step) * Self.step) }
    let sums = padded(m) * padded(n) * padded(inner.size) * Double(k / inner.size)
    let splitA = inner.a == 1 ? Self.splitCycles : Self.transposingCycles
    let splitB = form.columns.b == 1 ? Self.splitCycles : Self.transposingCycles
    let vectors = Double(matrices * m * n * k) * Self.vectorCycles / Double(target.cores)
    var best = (cycles: vectors / Self.gain, rows: 0, columns: 0)
    for rows in Self.sizes(m) {
      for columns in Self.sizes(n) {
        let (down, across) = (Tiling.tiles(m, rows), Tiling.tiles(n, columns))
        let splits = Double(m * k * across) * splitA + Double(n * k * down) * splitB
        let unit = (sums * Self.matrixCycles + splits) / Double(down * across)
        // The cores' shares are whole units.
        let cycles = unit * Double(Tiling.tiles(matrices * down * across, target.cores))
        if cycles < best.cycles { best = (cycles, rows, columns) }
      }
    }
    guard best.rows > 0 else { return nil }
    (rows, columns) = (best.rows, best.columns)
  }

  /// Parts of a size of about equal lengths, from the largest on.
  private static func sizes(_ size: Int) -> [Int] {
    let fewest = Tiling.tiles(size, largest)
    return (fewest...4 * fewest).map { parts in
      min(size, Tiling.tiles(Tiling.tiles(size, parts), step) * step)
    }
  }

  /// Floats that the kernel needs: a tile of the result, the parts of 32 rows and of all columns.
  var spareElements: Int { 1024 + (1 + Tiling.tiles(columns, 32)) * 12288 }
}

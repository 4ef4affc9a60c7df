import CKernels
import Testing

typealias PackKernel = @convention(c) (Int, Int, Out, In, Int, Int) -> Void
typealias ProductKernel =
  @convention(c) (
    Int, Int, Int, In, Int, Int, In, Out, Int, Int32
  ) -> Void
typealias DirectKernel =
  @convention(c) (
    Int, Int, Int, In, Int, Int, In, Int, Out, Int, Int32, UnsafePointer<dlc_ahead>?
  ) -> Void
typealias PlainProductKernel =
  @convention(c) (
    Int, Int, Int, In, Int, Int, In, Int, Int, Out, Int, Int32
  ) -> Void

@Suite struct ProductTests {
  @Test(arguments: instructionSets) func edges(_ isa: Int32) throws {
    try edges(isa, Float.self, limit: 1e-6)
    try edges(isa, Double.self, limit: 1e-15)
  }

  /// Packed and direct products against sums in double; both sides of A and B transposed.
  private func edges<T: Element>(_ isa: Int32, _ type: T.Type, limit: Double) throws {
    let tile = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee
    let (mr, nr) = (tile.mr, tile.nr)
    let pack: PackKernel = try kernel("pack_b_\(T.suffix)", isa)
    let product: ProductKernel = try kernel("gemm_\(T.suffix)", isa)
    let direct: DirectKernel = try kernel("gemm_direct_\(T.suffix)", isa)
    for rows in Array(0...mr + 1) + [2 * mr + 3] {
      for cols in [1, nr / 2, nr - 1, nr] {
        for k in [0, 1, 2, 7, 64, 65, 130] {
          for (first, second) in [(Layout.gaps, Layout.gaps), (.transposed, .transposed)] {
            let a = Tile(rows, k, first) { T(sample: sample($0, range: 1)) }
            let b = Tile(k, cols, second) { T(sample: sample($0 + 11, range: 1)) }
            var panel = [T](repeating: T(sample: 5), count: k * nr + 1)
            let what = "\(T.suffix) on \(isaName(isa)), \(rows) x \(cols) x \(k), \(first)"
            for accumulate in [false, true] {
              let before = Tile(rows, cols, .gaps) { T(sample: sample($0 + 3, range: 1)) }
              var c = before
              var e = before
              let cr = c.row
              a.read { p in
                b.read { q in
                  panel.withUnsafeMutableBytes { pack(k, cols, $0.baseAddress!, q, b.row, b.col) }
                  c.write {
                    product(
                      rows, cols, k, p, a.row, a.col, panel, $0, cr, accumulate ? 1 : 0)
                  }
                }
              }
              var worst = 0.0
              for r in 0..<rows {
                for j in 0..<cols {
                  let start = accumulate ? before[r, j].double : 0
                  let want = (0..<k).reduce(start) { $0 + a[r, $1].double * b[$1, j].double }
                  worst = max(worst, abs(c[r, j].double - want))
                }
              }
              #expect(worst <= limit * Double(k + 1), "\(what)")
              #expect(c.sameOutside(before), "\(what)")
              let zeros = (0..<k).allSatisfy { p in
                (cols..<nr).allSatisfy { panel[p * nr + $0] == T(sample: 0) }
              }
              #expect(zeros && panel[k * nr] == T(sample: 5), "padding of \(what)")
              guard second == .gaps else { continue }
              a.read { p in
                b.read { q in
                  e.write {
                    direct(
                      rows, cols, k, p, a.row, a.col, q, b.row, $0, cr, accumulate ? 1 : 0, nil)
                  }
                }
              }
              #expect(e.storage == c.storage, "direct \(what)")
            }
          }
        }
      }
    }
  }

  /// Rows, columns and k may be cut anywhere without a change of a bit.
  @Test(arguments: instructionSets) func splitsKeepTheBits(_ isa: Int32) throws {
    let direct: DirectKernel = try kernel("gemm_direct_f32", isa)
    let (rows, cols, k) = (37, 101, 90)
    let a = (0..<rows * k).map { Float(sample($0)) }
    let b = (0..<k * cols).map { Float(sample(-$0)) }
    var whole = [Float](repeating: 0, count: rows * cols)
    var parts = whole
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        whole.withUnsafeMutableBytes {
          direct(
            rows, cols, k, a.baseAddress!, k, 1, b.baseAddress!, cols, $0.baseAddress!, cols, 0,
            nil)
        }
        parts.withUnsafeMutableBytes { c in
          for (r0, r1) in [(0, 5), (5, 6), (6, 37)] {
            for (j0, j1) in [(0, 1), (1, 40), (40, 101)] {
              for (p0, p1) in [(0, 33), (33, 34), (34, 90)] {
                direct(
                  r1 - r0, j1 - j0, p1 - p0, a.baseAddress! + 4 * (r0 * k + p0), k, 1,
                  b.baseAddress! + 4 * (p0 * cols + j0), cols,
                  c.baseAddress! + 4 * (r0 * cols + j0), cols, p0 > 0 ? 1 : 0, nil)
              }
            }
          }
        }
      }
    }
    #expect(parts == whole)
  }

  @Test(arguments: instructionSets) func integers(_ isa: Int32) throws {
    try integers(isa, Int32.self)
    try integers(isa, Int64.self)
  }

  private func integers<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let f: PlainProductKernel = try kernel("matmul_plain_\(T.suffix)", isa)
    let a = Tile(3, 5, .transposed) { T(sample: sample($0, range: 90)) }
    let b = Tile(5, 7, .strided) { T(sample: sample($0 + 1, range: 90)) }
    var c = Tile(3, 7, .gaps) { _ in T(sample: 4) }
    let cr = c.row
    a.read { p in
      b.read { q in c.write { f(3, 7, 5, p, a.row, a.col, q, b.row, b.col, $0, cr, 1) } }
    }
    for r in 0..<3 {
      for j in 0..<7 {
        #expect(c[r, j].double == (0..<5).reduce(4) { $0 + a[r, $1].double * b[$1, j].double })
      }
    }
  }

  @Test(arguments: instructionSets) func peakIsMeasured(_ isa: Int32) {
    #expect(dlc_fma_peak(isa, 0.001) > 1e8)
  }
}

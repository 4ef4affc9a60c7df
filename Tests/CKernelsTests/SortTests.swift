import CKernels
import Testing

@Suite struct SortTests {
  typealias SortKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int, Int32, Out) -> Void
  typealias ScanKernel =
    @convention(c) (
      Int, Int, Out, Int, In, Int, Int, In, Int, Int, Int32
    ) -> Void

  @Test(arguments: instructionSets) func everyTypeAndSize(_ isa: Int32) throws {
    try order(isa, Float.self)
    try order(isa, Double.self)
    try order(isa, Int32.self)
    try order(isa, Int64.self)
    try order(isa, UInt8.self)
  }

  /// Against Swift's sort, with many equal elements, in any layout.
  private func order<T: Element & Comparable>(_ isa: Int32, _ type: T.Type) throws {
    let sort: SortKernel = try kernel("argsort_rows_\(T.suffix)", isa)
    for cols in [0, 1, 2, 7, 8, 9, 16, 17, 33, 100, 300] {
      for layout in [Layout.dense, .gaps, .transposed, .strided, .column] {
        let rows = 3
        let a = Tile<T>(rows, cols, layout) { T(sample: sample($0, range: 9).rounded()) }
        for descending in [false, true] {
          let before = [Int64](repeating: -7, count: rows * (cols + 2))
          var d = before
          var spare = [Int64](repeating: -1, count: cols + 1)
          d.withUnsafeMutableBytes { d in
            spare.withUnsafeMutableBytes { spare in
              a.read { p in
                sort(
                  rows, cols, d.baseAddress!, cols + 2, p, a.row, a.col, descending ? 1 : 0,
                  spare.baseAddress!)
              }
            }
          }
          #expect(spare[cols] == -1)
          var want = before
          for r in 0..<rows {
            let sorted = (0..<cols).sorted { i, j in
              let (x, y) = (a[r, i], a[r, j])
              return x == y ? i < j : descending ? x > y : x < y
            }
            for (c, index) in sorted.enumerated() { want[r * (cols + 2) + c] = Int64(index) }
          }
          #expect(d == want, "\(T.suffix) on \(isaName(isa)), \(cols) columns, \(layout)")
        }
      }
    }
  }

  @Test(arguments: instructionSets) func nothingIsLargerThanNaN(_ isa: Int32) throws {
    let sort: SortKernel = try kernel("argsort_rows_f32", isa)
    let values: [Float] = [1, .nan, .infinity, -0.0, .nan, 0, -.infinity]
    for (descending, want) in [(Int32(0), [6, 3, 5, 0, 2, 1, 4]), (1, [1, 4, 2, 0, 3, 5, 6])] {
      var d = [Int64](repeating: 0, count: 7)
      var spare = d
      values.withUnsafeBytes { a in
        d.withUnsafeMutableBytes { d in
          spare.withUnsafeMutableBytes {
            sort(1, 7, d.baseAddress!, 7, a.baseAddress!, 7, 1, descending, $0.baseAddress!)
          }
        }
      }
      #expect(d == want.map(Int64.init))
    }
  }

  @Test(arguments: instructionSets) func recurrence(_ isa: Int32) throws {
    let scan: ScanKernel = try kernel("linear_scan_rows_f64", isa)
    for reverse in [false, true] {
      let a = Tile<Double>(3, 9, .gaps) { sample($0, range: 1) }
      let b = Tile<Double>(3, 9, .transposed) { sample($0 + 99) }
      var d = Tile<Double>(3, 9, .gaps) { _ in 0 }
      let ds = d.row
      a.read { p in
        b.read { q in
          d.write { scan(3, 9, $0, ds, p, a.row, a.col, q, b.row, b.col, reverse ? 1 : 0) }
        }
      }
      for r in 0..<3 {
        var last = 0.0
        for step in 0..<9 {
          let c = reverse ? 8 - step : step
          last = a[r, c] * last + b[r, c]
          #expect(abs(d[r, c] - last) <= 1e-15 * max(1, abs(last)))
        }
      }
    }
    // What would come before the first element is nothing, whatever its factor.
    var d = [0.0]
    let infinity = [Double.infinity]
    let one = [1.0]
    d.withUnsafeMutableBytes { d in
      infinity.withUnsafeBytes { a in
        one.withUnsafeBytes {
          scan(1, 1, d.baseAddress!, 1, a.baseAddress!, 1, 1, $0.baseAddress!, 1, 1, 0)
        }
      }
    }
    #expect(d == [1])
  }
}

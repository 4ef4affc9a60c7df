import CKernels
import Testing

typealias RowsKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int, Int32) -> Void
typealias ColumnsKernel = @convention(c) (Int, Int, Out, In, Int, Int, Int32) -> Void
typealias ProductSumKernel =
  @convention(c) (
    Int, Int, Out, Int, In, Int, Int, In, Int, Int, Int32
  ) -> Void
typealias ScanKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int, Int32, Int32) -> Void

/// A reduction in double: what an empty one gives, and one step.
struct Reduction: Sendable {
  let name: String
  let start: Double
  let step: @Sendable (Double, Double) -> Double
}

let reductions = [
  Reduction(name: "sum", start: 0) { $0 + $1 }, Reduction(name: "prod", start: 1) { $0 * $1 },
  Reduction(name: "max", start: -.infinity) { max($0, $1) },
  Reduction(name: "min", start: .infinity) { min($0, $1) },
]

@Suite struct ReductionTests {
  private static let sizes = tileSizes + [(3, 64), (2, 129), (9, 100), (2, 700)]

  @Test(arguments: instructionSets) func allTypes(_ isa: Int32) throws {
    try reduce(isa, Float.self, reductions)
    try reduce(isa, Double.self, reductions)
    try reduce(isa, Int32.self, reductions)
    try reduce(isa, Int64.self, reductions)
    try reduce(isa, UInt8.self, Array(reductions.dropFirst(2)))
  }

  /// Small whole numbers (for products mostly ones) keep every order of summation exact.
  private func reduce<T: Element>(_ isa: Int32, _ type: T.Type, _ ops: [Reduction]) throws {
    for op in ops {
      let rowsKernel: RowsKernel = try kernel("\(op.name)_rows_\(T.suffix)", isa)
      let colsKernel: ColumnsKernel = try kernel("\(op.name)_cols_\(T.suffix)", isa)
      let value: (Int) -> T = {
        T(sample: op.name == "prod" ? ($0 % 37 == 0 ? 2 : 1) : sample($0, range: 50).rounded())
      }
      for (rows, cols) in Self.sizes where rows > 0 && cols > 0 {
        for layout in Layout.allCases {
          let a = Tile(rows, cols, layout, value)
          for accumulate in [false, true] {
            var d = Tile(rows, 1, .strided) { _ in T(sample: 2) }
            var e = Tile(1, cols, .dense) { _ in T(sample: 2) }
            let ds = d.row
            a.read { p in
              d.write { rowsKernel(rows, cols, $0, ds, p, a.row, a.col, accumulate ? 1 : 0) }
              e.write { colsKernel(rows, cols, $0, p, a.row, a.col, accumulate ? 1 : 0) }
            }
            let start = accumulate ? 2 : op.start
            let rightRows = (0..<rows).allSatisfy { r in
              d[r, 0].double == (0..<cols).reduce(start) { op.step($0, a[r, $1].double) }
            }
            let rightCols = (0..<cols).allSatisfy { c in
              e[0, c].double == (0..<rows).reduce(start) { op.step($0, a[$1, c].double) }
            }
            let what = "\(op.name) of \(T.suffix) on \(isaName(isa)), \(rows) x \(cols), \(layout)"
            #expect(rightRows, "rows, \(what)")
            #expect(rightCols, "columns, \(what)")
          }
        }
      }
    }
  }

  @Test(arguments: instructionSets) func emptyOnes(_ isa: Int32) throws {
    for op in reductions {
      let f: RowsKernel = try kernel(op.name + "_rows_f32", isa)
      let g: ColumnsKernel = try kernel(op.name + "_cols_f32", isa)
      var d: [Float] = [5, 5]
      let a: [Float] = [9]
      d.withUnsafeMutableBytes { f(2, 0, $0.baseAddress!, 1, a, 1, 1, 0) }
      #expect(d == [Float(op.start), Float(op.start)])
      d = [5, 5]
      d.withUnsafeMutableBytes { g(0, 2, $0.baseAddress!, a, 1, 1, 0) }
      #expect(d == [Float(op.start), Float(op.start)])
    }
  }

  /// The order of a row's sum is the same for every stride and instruction set.
  @Test func sameBitsEverywhere() throws {
    for cols in [1, 63, 64, 65, 300, 1000] {
      var results = Set<UInt32>()
      for isa in instructionSets {
        let f: RowsKernel = try kernel("sum_rows_f32", isa)
        for stride in [1, 3] {
          let a = (0..<cols * stride).map { Float(sample($0 / stride)) }
          var sum: Float = 0
          withUnsafeMutableBytes(of: &sum) { f(1, cols, $0.baseAddress!, 1, a, 0, stride, 0) }
          results.insert(sum.bitPattern)
        }
      }
      #expect(results.count == 1, "\(cols) columns")
    }
  }

  @Test(arguments: instructionSets) func extremesHandOnNaN(_ isa: Int32) throws {
    for cols in [1, 20, 200] {
      for at in [0, cols / 2, cols - 1] {
        var a = (0..<cols).map { Float($0) }
        a[at] = .nan
        for name in ["max", "min"] {
          let f: RowsKernel = try kernel(name + "_rows_f32", isa)
          let g: ColumnsKernel = try kernel(name + "_cols_f32", isa)
          var d: [Float] = [0, 0]
          d.withUnsafeMutableBytes {
            f(1, cols, $0.baseAddress!, 1, a, 0, 1, 0)
            g(cols, 1, $0.baseAddress! + 4, a, 1, 1, 0)
          }
          #expect(d[0].isNaN && d[1].isNaN, "\(name) of \(cols), NaN at \(at)")
          let arg: UnaryKernel = try kernel("arg\(name)_rows_f32", isa)
          var index: Int64 = -1
          withUnsafeMutableBytes(of: &index) { arg(1, cols, $0.baseAddress!, 1, a, 0, 1) }
          #expect(index == at)
        }
      }
    }
  }

  @Test(arguments: instructionSets) func places(_ isa: Int32) throws {
    try places(isa, Float.self)
    try places(isa, Double.self)
    try places(isa, Int32.self)
    try places(isa, Int64.self)
    try places(isa, UInt8.self)
  }

  private func places<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let most: UnaryKernel = try kernel("argmax_rows_\(T.suffix)", isa)
    let least: UnaryKernel = try kernel("argmin_rows_\(T.suffix)", isa)
    for (rows, cols) in Self.sizes where rows > 0 && cols > 0 {
      for layout in Layout.allCases {
        let a = Tile(rows, cols, layout) { T(sample: sample($0, range: 20).rounded()) }
        var d = [Int64](repeating: -1, count: 2 * rows)
        a.read { p in
          d.withUnsafeMutableBytes {
            most(rows, cols, $0.baseAddress!, 2, p, a.row, a.col)
            least(rows, cols, $0.baseAddress! + 8, 2, p, a.row, a.col)
          }
        }
        let right = (0..<rows).allSatisfy { r in
          let row = (0..<cols).map { a[r, $0].double }
          return d[2 * r] == row.firstIndex(of: row.max()!)!
            && d[2 * r + 1] == row.firstIndex(of: row.min()!)!
        }
        #expect(right, "\(T.suffix) on \(isaName(isa)), \(rows) x \(cols), \(layout)")
      }
    }
  }

  @Test(arguments: instructionSets) func productSums(_ isa: Int32) throws {
    try productSums(isa, Float.self)
    try productSums(isa, Double.self)
  }

  private func productSums<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let f: ProductSumKernel = try kernel("sumprod_rows_\(T.suffix)", isa)
    for (rows, cols) in Self.sizes {
      for layout in Layout.allCases {
        let a = Tile(rows, cols, layout) { T(sample: sample($0, range: 9).rounded()) }
        let b = Tile(rows, cols, .gaps) { T(sample: sample($0 + 4, range: 9).rounded()) }
        var d = [T](repeating: T(sample: 3), count: rows + 1)
        a.read { p in
          b.read { q in
            d.withUnsafeMutableBytes {
              f(rows, cols, $0.baseAddress!, 1, p, a.row, a.col, q, b.row, b.col, 1)
            }
          }
        }
        let right = (0..<rows).allSatisfy { r in
          d[r].double == (0..<cols).reduce(3) { $0 + a[r, $1].double * b[r, $1].double }
        }
        #expect(right && d[rows].double == 3, "\(isaName(isa)), \(rows) x \(cols), \(layout)")
      }
    }
  }

  @Test(arguments: instructionSets) func scans(_ isa: Int32) throws {
    try scans(isa, Float.self)
    try scans(isa, Double.self)
    try scans(isa, Int32.self)
    try scans(isa, Int64.self)
  }

  private func scans<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let f: ScanKernel = try kernel("cumsum_rows_\(T.suffix)", isa)
    for (exclusive, reverse) in [(0, 0), (0, 1), (1, 0), (1, 1)] as [(Int32, Int32)] {
      checkUnary(
        "cumsum", isa, limit: .infinity, in: T.self, out: T.self, want: { _ in 0 },
        run: { f($0, $1, $2, $3, $4, $5, $6, exclusive, reverse) })
      let a = Tile(3, 20, .transposed) { T(sample: sample($0, range: 30).rounded()) }
      var d = Tile(3, 20, .gaps) { _ in T(sample: 0) }
      let ds = d.row
      a.read { p in d.write { f(3, 20, $0, ds, p, a.row, a.col, exclusive, reverse) } }
      for r in 0..<3 {
        for c in 0..<20 {
          let skip = Int(exclusive)
          let range = reverse == 1 ? min(c + skip, 20)..<20 : 0..<(c + 1 - skip)
          #expect(d[r, c].double == range.reduce(0) { $0 + a[r, $1].double })
        }
      }
    }
  }
}

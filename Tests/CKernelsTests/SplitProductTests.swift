import CKernels
import Foundation
import Testing

typealias SplitKernel =
  @convention(c) (
    UnsafePointer<dlc_gemm_shape>, Int, Int, Int, In, In, Int, In?, Int, Int, Out, Int32,
    UnsafePointer<dlc_ahead>?, Out
  ) -> Void

/// The product of f32 by parts that are bfloat16, against sums in double precision.
@Suite struct SplitProductTests {
  /// A product and where its numbers lie: `start` has strides sr1, sr as C has cr1, cr.
  struct Case {
    var g: dlc_gemm_shape
    var rows1: Int
    var rows: Int
    var cols: Int
    var bn = 1
    var start: [Float]?
    var sr1 = 0
    var sr = 0
    var isCut = false
    var a: [Float] = []
    var b: [Float] = []

    init(_ g: dlc_gemm_shape, _ rows1: Int, _ rows: Int, _ cols: Int, bn: Int = 1) {
      (self.g, self.rows1, self.rows, self.cols, self.bn) = (g, rows1, rows, cols, bn)
      let k = [g.k2, g.k1, g.k]
      a = Self.numbers([rows1, rows] + k, [g.ar1, g.ar, g.a2, g.a1, g.a], 1)
      b = Self.numbers([cols] + k, [bn, g.b2, g.b1, g.b], 7)
    }

    /// [rows, k] times [k, cols], each in rows or transposed.
    init(_ rows: Int, _ cols: Int, _ k: Int, transposedA: Bool = false, transposedB: Bool = false) {
      self.init(
        dlc_gemm_shape(
          k2: 1, k1: 1, k: k, a2: 0, a1: 0, a: transposedA ? rows : 1, b2: 0, b1: 0,
          b: transposedB ? 1 : cols, ar1: 0, cr1: 0, ar: transposedA ? 1 : k, cr: cols + 3),
        1, rows, cols, bn: transposedB ? k : 1)
    }

    static func numbers(_ sizes: [Int], _ strides: [Int], _ seed: Int) -> [Float] {
      let last = sizes.contains(0) ? 0 : zip(sizes, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
      return (0...last).map { Float(sample: sample($0 &* 31 &+ seed, range: 1)) }
    }

    var count: Int { (rows1 - 1) * g.cr1 + (rows - 1) * g.cr + cols }

    /// C, and the sum of the magnitudes that went into each of its elements.
    func wanted() -> [(at: Int, sum: Double, size: Double)] {
      var result: [(Int, Double, Double)] = []
      for r1 in 0..<rows1 {
        for r in 0..<rows {
          for j in 0..<cols {
            var sum = Double(start?[r1 * sr1 + r * sr + j] ?? 0)
            var size = abs(sum)
            for p2 in 0..<g.k2 {
              for p1 in 0..<g.k1 {
                for p in 0..<g.k {
                  let x = a[r1 * g.ar1 + r * g.ar + p2 * g.a2 + p1 * g.a1 + p * g.a]
                  let y = b[p2 * g.b2 + p1 * g.b1 + p * g.b + j * bn]
                  sum += Double(x) * Double(y)
                  size += abs(Double(x) * Double(y))
                }
              }
            }
            if isCut, sum < 0 { sum = 0 }
            result.append((r1 * g.cr1 + r * g.cr + j, sum, size))
          }
        }
      }
      return result
    }

    /// C with 77 where it has no elements, and what lies behind the spare memory.
    func result(_ kernel: SplitKernel) -> [Float] {
      var c = [Float](repeating: 77, count: max(1, count))
      let spareCount = 13312 + 12288 * ((cols + 31) / 32)
      // What was in memory before must not matter.
      var spare = [Float](repeating: .nan, count: spareCount + 16)
      withUnsafePointer(to: g) { g in
        if let start {
          start.withUnsafeBytes { from in
            kernel(
              g, rows1, rows, cols, a, b, bn, from.baseAddress, sr1, sr, &c, isCut ? 1 : 0, nil,
              &spare)
          }
        } else {
          kernel(g, rows1, rows, cols, a, b, bn, nil, 0, 0, &c, isCut ? 1 : 0, nil, &spare)
        }
      }
      #expect(spare[spareCount...].allSatisfy { $0.isNaN })
      return c
    }

    /// Largest error relative to the sum of magnitudes.
    func error(_ c: [Float]) -> Double {
      var worst = 0.0
      var rest = c
      for (at, sum, size) in wanted() {
        let error = abs(Double(c[at]) - sum)
        worst = max(worst, size > 0 ? error / size : error)
        if !c[at].isFinite { worst = .infinity }
        rest[at] = 77
      }
      #expect(rest.allSatisfy { $0 == 77 }, "only C's elements are written")
      return worst
    }
  }

  /// A unit in the last place of the sum of magnitudes, and more where few terms are rounded often.
  static let bound = 0x1p-22

  @Test(arguments: instructionSets) func edges(_ isa: Int32) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    let sizes = [1, 15, 16, 17, 31, 32, 33, 70]
    for rows in [0] + sizes {
      for cols in [0] + sizes {
        for k in [0, 1, 16, 31, 32, 33, 300] where k == 33 || (rows + cols) % 2 == k % 2 {
          for (isA, isB) in [(false, false), (true, false), (false, true), (true, true)] {
            var test = Case(rows, cols, k, transposedA: isA, transposedB: isB)
            test.isCut = isA != isB
            if k != 33 {
              (test.start, test.sr) = (Case.numbers([rows, cols], [cols + 1, 1], 5), cols + 1)
            }
            if k == 16 { test.sr = 0 }
            let c = test.result(product)
            guard rows * cols > 0 else { continue }
            let error = test.error(c)
            #expect(
              error <= Self.bound,
              "\(isaName(isa)): \(rows) x \(cols), \(k) steps, transposed \(isA) \(isB): \(error)")
          }
        }
      }
    }
  }

  /// Windows of images, axes in any order, and strides of no run of memory.
  @Test(arguments: instructionSets) func axes(_ isa: Int32) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    let (rows1, rows, cols) = (3, 37, 43)
    for (k2, k1, k) in [(3, 3, 40), (2, 1, 257), (1, 4, 3), (2, 0, 5)] {
      let shapes = [
        dlc_gemm_shape(
          k2: k2, k1: k1, k: k, a2: 90 * k, a1: k, a: 1, b2: k1 * k * cols, b1: k * cols, b: cols,
          ar1: 90 * k, cr1: rows * cols + 5, ar: 2 * k, cr: cols),
        dlc_gemm_shape(
          k2: k2, k1: k1, k: k, a2: 3, a1: 11, a: 5, b2: cols + 3, b1: 1, b: 2 * cols + 1,
          ar1: 1, cr1: rows * cols, ar: 7, cr: cols),
      ]
      for (shape, bn) in zip(shapes, [1, 3]) {
        var test = Case(shape, rows1, rows, cols, bn: bn)
        test.start = Case.numbers([cols], [1], 9)
        #expect(test.error(test.result(product)) <= Self.bound, "\(isaName(isa)): \(shape)")
      }
    }
  }

  /// As accurate as a chain of f32 multiply-adds, of which every step rounds: by magnitudes from
  /// 1e-30 to 1e30, too.
  @Test(arguments: instructionSets) func isAsAccurateAsMultiplyAdds(_ isa: Int32) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    for scale in [1, 0x1p-100, 0x1p100] as [Float] {
      var test = Case(48, 64, 512)
      test.a = test.a.map { $0 * scale }
      test.b = test.b.map { $0 / scale }
      let wanted = test.wanted()
      var (ours, chain) = (0.0, 0.0)
      let c = test.result(product)
      for (i, (at, sum, size)) in wanted.enumerated() {
        let (row, column) = (i / 64, i % 64)
        var fused: Float = 0
        for p in 0..<512 { fused.addProduct(test.a[row * 512 + p], test.b[p * 64 + column]) }
        ours += pow((Double(c[at]) - sum) / size, 2)
        chain += pow((Double(fused) - sum) / size, 2)
      }
      #expect(ours.squareRoot() <= 1.5 * chain.squareRoot(), "\(isaName(isa)), scale \(scale)")
    }
  }

  /// Numbers that are no sum of parts come out as multiply-adds have them, and touch no other row.
  @Test(arguments: instructionSets, [false, true])
  func numbersWithoutParts(_ isa: Int32, _ isTransposed: Bool) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    let (rows, cols, k) = (70, 50, 300)
    let clean = Case(rows, cols, k, transposedA: isTransposed, transposedB: isTransposed)
    let before = clean.result(product)
    for value in [.infinity, -.infinity, .nan, .greatestFiniteMagnitude] as [Float] {
      var test = clean
      let (row, step) = (40, 290)
      test.a[row * test.g.ar + step * test.g.a] = value
      for j in 0..<cols { test.b[step * test.g.b + j * test.bn] = j == 7 ? 0 : 0.5 }
      let c = test.result(product)
      for j in 0..<cols {
        let got = c[row * test.g.cr + j]
        if value.isNaN || j == 7 && value.isInfinite {
          #expect(got.isNaN, "\(value)")
        } else {
          let isClose = j == 7 ? abs(got) < 300 : got == value / 2 || abs(got / value - 0.5) < 1e-6
          #expect(isClose, "\(value): \(got)")
        }
      }
      // The other rows had other numbers in that step of B.
      for r in [0, 69] {
        for j in 0..<cols {
          var change = -Double(clean.b[step * test.g.b + j * test.bn]) + (j == 7 ? 0 : 0.5)
          change *= Double(clean.a[r * test.g.ar + step * test.g.a])
          let difference = Double(c[r * test.g.cr + j] - before[r * test.g.cr + j])
          #expect(abs(difference - change) < 1e-4, "row \(r), column \(j)")
        }
      }
    }
    // And in the right side, all of whose rows then are multiply-adds.
    var test = clean
    test.b[5 * test.g.b + 11 * test.bn] = .infinity
    let c = test.result(product)
    for r in 0..<rows {
      for j in 0..<cols where j != 11 {
        #expect(abs(c[r * test.g.cr + j] - before[r * test.g.cr + j]) < 1e-4)
      }
      #expect(!c[r * test.g.cr + 11].isFinite)
    }
  }

  /// Rows and columns may be cut anywhere.
  @Test(arguments: instructionSets) func splitsKeepTheBits(_ isa: Int32) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    let (rows, cols, k) = (75, 90, 290)
    let test = Case(rows, cols, k)
    let whole = test.result(product)
    var parts = [Float](repeating: 77, count: whole.count)
    var spare = [Float](repeating: 0, count: 13312 + 12288 * 3)
    var g = test.g
    for (r0, r1) in [(0, 5), (5, 37), (37, 75)] {
      for (j0, j1) in [(0, 33), (33, 40), (40, 90)] {
        test.a.withUnsafeBufferPointer { a in
          test.b.withUnsafeBufferPointer { b in
            parts.withUnsafeMutableBufferPointer { c in
              product(
                &g, 1, r1 - r0, j1 - j0, a.baseAddress! + r0 * k, b.baseAddress! + j0, 1, nil, 0, 0,
                c.baseAddress! + r0 * g.cr + j0, 0, nil, &spare)
            }
          }
        }
      }
    }
    #expect(parts == whole)
  }

  /// B and C end where memory does: touching anything beyond would be a fault.
  @Test(arguments: instructionSets) func nothingBeyondTheEndIsTouched(_ isa: Int32) throws {
    let product: SplitKernel = try kernel("brgemm_bf16x3_f32", isa)
    let (a, b, c) = (try EndOfMemory(), try EndOfMemory(), try EndOfMemory())
    var spare = [Float](repeating: 0, count: 13312 + 12288 * 3)
    for (rows, cols, k) in [(3, 5, 7), (16, 16, 32), (17, 33, 40), (33, 17, 65)] {
      for isTransposed in [false, true] {
        var g = Case(rows, cols, k, transposedA: isTransposed, transposedB: isTransposed).g
        g.cr = cols
        let (x, y, z) = (a.floats(rows * k), b.floats(cols * k), c.floats(rows * cols))
        for i in 0..<rows * k { x[i] = 1 }
        for i in 0..<cols * k { y[i] = 2 }
        product(&g, 1, rows, cols, x, y, isTransposed ? k : 1, nil, 0, 0, z, 0, nil, &spare)
        #expect((0..<rows * cols).allSatisfy { z[$0] == Float(2 * k) })
      }
    }
  }
}

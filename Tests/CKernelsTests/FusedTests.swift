import CKernels
import Testing

typealias AdamKernel =
  @convention(c) (
    Int, Int, Out, Int, Out, Int, Out, Int, In, Int, In, In, Double, Double, Double, Double,
    Double, Double
  ) -> Void

@Suite struct FusedTests {
  @Test(arguments: instructionSets) func floats(_ isa: Int32) throws {
    try floats(isa, Float.self)
    try floats(isa, Double.self)
  }

  private func floats<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    // Sums that cancel are off by roundings of their terms: quarters keep every step exact.
    let exact: (Int) -> T = { T(sample: (sample($0, range: 16)).rounded() / 4) }
    let axpby: BinaryKernel2 = try kernel("axpby_\(T.suffix)", isa)
    checkBinary("axpby", isa, in: T.self, out: T.self, value: exact) {
      0.5 * $0.double + 0.25 * $1.double
    } run: {
      axpby($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, 0.5, 0.25)
    }
    let average: BinaryKernel2 = try kernel("ema_square_\(T.suffix)", isa)
    checkBinary("ema_square", isa, in: T.self, out: T.self, value: exact) {
      0.5 * $0.double + 0.25 * ($1.double * $1.double)
    } run: {
      average($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, 0.5, 0.25)
    }
    let relu: BinaryKernel = try kernel("relu_grad_\(T.suffix)", isa)
    checkBinary("relu_grad", isa, in: T.self, out: T.self) {
      $1.double > 0 ? $0.double : 0
    } run: {
      relu($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)
    }
    let muladd: TernaryKernel = try kernel("muladd_\(T.suffix)", isa)
    for third in [Layout.dense, .column, .transposed] {
      checkBinary("muladd", isa, in: T.self, out: T.self, value: exact) {
        $0.double * $1.double + 0.5
      } run: { rows, cols, d, ds, a, ras, ac, b, bs, bc in
        let c = Tile(rows, cols, third) { _ in T(sample: 0.5) }
        c.read { muladd(rows, cols, d, ds, a, ras, ac, b, bs, bc, $0, c.row, c.col) }
      }
    }
  }

  @Test(arguments: instructionSets) func selects(_ isa: Int32) throws {
    try selects(isa, Float.self)
    try selects(isa, Double.self)
    try selects(isa, Int32.self)
    try selects(isa, Int64.self)
    try selects(isa, UInt8.self)
  }

  private func selects<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let select: TernaryKernel = try kernel("where_\(T.suffix)", isa)
    for (rows, cols) in tileSizes {
      for layout in [Layout.dense, .column, .strided] {
        let c = Tile<UInt8>(rows, cols, layout) { UInt8($0 * 7 % 3) }
        let a = Tile(rows, cols, .dense) { T(sample: sample($0, range: 100)) }
        let b = Tile(rows, cols, .scalar) { T(sample: sample($0 + 99, range: 100)) }
        var d = Tile(rows, cols, .gaps) { _ in T(sample: 0) }
        let ds = d.row
        c.read { p in
          a.read { q in
            b.read { s in
              d.write { select(rows, cols, $0, ds, p, c.row, c.col, q, a.row, 1, s, 0, 0) }
            }
          }
        }
        let right = (0..<rows).allSatisfy { r in
          (0..<cols).allSatisfy { d[r, $0] == (c[r, $0] != 0 ? a[r, $0] : b[r, $0]) }
        }
        #expect(right, "where_\(T.suffix) on \(isaName(isa)), \(rows) x \(cols), \(layout)")
      }
    }
  }

  /// Second moments of 0, of next to nothing, and of more than a number holds.
  @Test(arguments: instructionSets) func adamAtTheEnds(_ isa: Int32) throws {
    let kernel: AdamKernel = try kernel("adam_f32", isa)
    for eps in [1e-8, 1e-3] {
      for (mean, square, x) in [
        (0, 0, 0), (0, 1e-38, 0), (1e-20, 1e-30, 1e-16), (-3, 1e-12, 0), (2, 3e38, 1e10),
        (0.5, 1, 1e25),
      ] as [(Float, Float, Float)] {
        var w = [Float](repeating: 1, count: 16)
        var m = [Float](repeating: mean, count: 16)
        var v = [Float](repeating: square, count: 16)
        let g = [Float](repeating: x, count: 16)
        let (step, scale) = ([Float(0.5)], [Float(1)])
        kernel(
          1, 16, &w, 16, &m, 16, &v, 16, g, 16, step, scale, 0.5, 0.5, 0.5, 0.5, eps, 0)
        let move = 0.5 * Double(m[0]) / (Double(v[0]).squareRoot() + eps)
        #expect(v[0] == .infinity || abs(v[0] - (square + x * x) / 2) <= v[0] * 1e-6)
        for value in w {
          let isClose = abs(Double(value) - (1 - move)) <= 4e-7 * max(1, abs(move))
          #expect(isClose, "\(value), not \(1 - move), of \(mean), \(square), \(x), \(eps)")
        }
      }
    }
  }

  @Test(arguments: instructionSets) func adam(_ isa: Int32) throws {
    try adam(isa, Float.self, limit: 4e-7)
    try adam(isa, Double.self, limit: 1e-15)
  }

  private func adam<T: Element>(_ isa: Int32, _ type: T.Type, limit: Double) throws {
    let kernel: AdamKernel = try kernel("adam_\(T.suffix)", isa)
    let (b1, b2, eps, decay) = (0.875, 0.96875, 0.001, 0.0625)
    // Not the complements: both are what the caller says.
    let (c1, c2) = (0.1875, 0.0625)
    let step = [T(sample: 0.03125)]
    let scale = [T(sample: 1.5)]
    for (rows, cols) in tileSizes {
      for layout in [Layout.dense, .gaps] {
        let w0 = Tile(rows, cols, layout) { T(sample: sample($0)) }
        let m0 = Tile(rows, cols, layout) { T(sample: sample($0 + 5)) }
        let v0 = Tile(rows, cols, layout) { T(sample: abs(sample($0 + 9))) }
        let g = Tile(rows, cols, layout) { T(sample: sample($0 + 3)) }
        var (w, m, v) = (w0, m0, v0)
        let s = g.row
        g.read { g in
          w.write { w in
            m.write { m in
              v.write { v in
                kernel(rows, cols, w, s, m, s, v, s, g, s, step, scale, b1, c1, b2, c2, eps, decay)
              }
            }
          }
        }
        #expect(w.sameOutside(w0) && m.sameOutside(m0) && v.sameOutside(v0))
        for r in 0..<rows {
          for c in 0..<cols {
            let x = g[r, c].double
            let mean = b1 * m0[r, c].double + c1 * x
            let square = b2 * v0[r, c].double + c2 * x * x
            let move = 0.03125 * mean / (square.squareRoot() * 1.5 + eps)
            let want = w0[r, c].double * (1 - decay) - move
            #expect(abs(m[r, c].double - mean) <= limit * 4)
            #expect(abs(v[r, c].double - square) <= limit * 16)
            #expect(abs(w[r, c].double - want) <= limit * 4)
          }
        }
      }
    }
  }
}

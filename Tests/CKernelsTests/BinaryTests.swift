import CKernels
import Foundation
import Testing

/// Runs a two-input kernel over every size and layout, mixed, and holds it against `want`.
func checkBinary<A: Element, D: Element>(
  _ name: String, _ isa: Int32, limit: Double = 0, in type: A.Type, out: D.Type,
  value: (Int) -> A = { A(sample: sample($0)) }, want: (A, A) -> Double,
  run: (Int, Int, Out, Int, In, Int, Int, In, Int, Int) -> Void
) {
  let layouts: [(Layout, Layout)] = [
    (.dense, .dense), (.gaps, .column), (.column, .gaps), (.dense, .scalar), (.transposed, .dense),
    (.strided, .transposed),
  ]
  for (rows, cols) in tileSizes {
    for (first, second) in layouts {
      let a = Tile(rows, cols, first, value)
      let b = Tile(rows, cols, second) { value($0 + 7919) }
      let before = Tile<D>(rows, cols, .gaps) { D(sample: Double($0 % 7)) }
      var d = before
      let ds = before.row
      a.read { p in
        b.read { q in d.write { run(rows, cols, $0, ds, p, a.row, a.col, q, b.row, b.col) } }
      }
      var worst = 0.0
      for r in 0..<rows {
        for c in 0..<cols { worst = max(worst, ulps(d[r, c], want(a[r, c], b[r, c]))) }
      }
      #expect(
        worst <= limit, "\(name) on \(isaName(isa)), \(rows) x \(cols), \(first) and \(second)")
      #expect(d.sameOutside(before), "\(name) on \(isaName(isa)) wrote outside \(rows) x \(cols)")
    }
    guard var same = Tile(rows, cols, .gaps, value) as? Tile<D> else { continue }
    let a = Tile(rows, cols, .gaps, value)
    let rs = a.row
    same.write { run(rows, cols, $0, rs, $0, rs, 1, $0, rs, 1) }
    let exact = (0..<rows).allSatisfy { r in
      (0..<cols).allSatisfy { ulps(same[r, $0], want(a[r, $0], a[r, $0])) <= limit }
    }
    #expect(exact, "\(name) in place on \(isaName(isa)), \(rows) x \(cols)")
  }
}

/// floor-mod of doubles: the rest has the divisor's sign.
func floorMod(_ x: Double, _ y: Double) -> Double {
  let rest = fmod(x, y)
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
}

@Suite struct BinaryTests {
  static let arithmetic: [(String, @Sendable (Double, Double) -> Double)] = [
    ("add", { $0 + $1 }), ("sub", { $0 - $1 }), ("mul", { $0 * $1 }), ("div", { $0 / $1 }),
    ("min", { $0 < $1 ? $0 : $1 }), ("max", { $0 > $1 ? $0 : $1 }), ("mod", { floorMod($0, $1) }),
    ("pow", { pow($0, $1) }),
  ]

  static let comparisons: [(String, @Sendable (Double, Double) -> Bool)] = [
    ("equal", { $0 == $1 }), ("not_equal", { $0 != $1 }), ("less", { $0 < $1 }),
    ("less_equal", { $0 <= $1 }), ("greater", { $0 > $1 }), ("greater_equal", { $0 >= $1 }),
  ]

  @Test(arguments: instructionSets) func floats(_ isa: Int32) throws {
    for (name, formula) in Self.arithmetic {
      let f32: BinaryKernel = try kernel(name + "_f32", isa)
      checkBinary(
        name, isa, limit: name == "mod" ? 1 : 0.501, in: Float.self, out: Float.self
      ) {
        formula(Double($0), Double($1))
      } run: {
        f32($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)
      }
      let f64: BinaryKernel = try kernel(name + "_f64", isa)
      checkBinary(name, isa, in: Double.self, out: Double.self, want: formula) {
        f64($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)
      }
    }
  }

  @Test(arguments: instructionSets) func integers(_ isa: Int32) throws {
    try integers(isa, Int32.self)
    try integers(isa, Int64.self)
  }

  private func integers<T: Element & FixedWidthInteger & SignedInteger>(
    _ isa: Int32, _ type: T.Type
  ) throws {
    let edges: [T] = [0, 1, -1, 2, -3, 7, T.min, T.max]
    let formulas: [(String, (T, T) -> T)] = [
      ("add", { $0 &+ $1 }), ("sub", { $0 &- $1 }), ("mul", { $0 &* $1 }),
      ("div", { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }),
      ("min", { min($0, $1) }), ("max", { max($0, $1) }),
      (
        "mod",
        {
          $1 == 0
            ? 0
            : $1 == -1 ? 0 : ($0 % $1 != 0 && ($0 % $1 < 0) != ($1 < 0)) ? $0 % $1 + $1 : $0 % $1
        }
      ),
      ("pow", Self.power),
    ]
    for (name, formula) in formulas {
      let f: BinaryKernel = try kernel("\(name)_\(T.suffix)", isa)
      let pairs = edges.flatMap { x in edges.map { (x, $0) } }
      let a = pairs.map(\.0)
      let b = pairs.map(\.1)
      var d = [T](repeating: 5, count: pairs.count)
      a.withUnsafeBytes { p in
        b.withUnsafeBytes { q in
          d.withUnsafeMutableBytes {
            f(1, pairs.count, $0.baseAddress!, 0, p.baseAddress!, 0, 1, q.baseAddress!, 0, 1)
          }
        }
      }
      #expect(d == pairs.map { formula($0.0, $0.1) }, "\(name) on \(isaName(isa))")
      checkBinary(
        name, isa, in: T.self, out: T.self, value: { T(sample: sample($0, range: 9)) },
        want: { formula($0, $1).double }, run: { f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) })
    }
  }

  private static func power<T: FixedWidthInteger & SignedInteger>(_ x: T, _ y: T) -> T {
    if y < 0 { return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0 }
    var result: T = 1
    var base = x
    var rest = y
    while rest > 0 {
      if rest & 1 == 1 { result = result &* base }
      base = base &* base
      rest >>= 1
    }
    return result
  }

  @Test(arguments: instructionSets) func compare(_ isa: Int32) throws {
    try compare(isa, Float.self)
    try compare(isa, Double.self)
    try compare(isa, Int32.self)
    try compare(isa, Int64.self)
    try compare(isa, UInt8.self)
  }

  private func compare<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    for (name, formula) in Self.comparisons {
      let f: BinaryKernel = try kernel("\(name)_\(T.suffix)", isa)
      checkBinary(
        name, isa, in: T.self, out: UInt8.self,
        value: { T(sample: sample($0, range: 3).rounded()) },
        want: { formula($0.double, $1.double) ? 1 : 0 },
        run: { f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) })
    }
  }

  @Test(arguments: instructionSets) func logic(_ isa: Int32) throws {
    let formulas: [(String, (Bool, Bool) -> Bool)] = [
      ("and", { $0 && $1 }), ("or", { $0 || $1 }), ("xor", { $0 != $1 }),
    ]
    for (name, formula) in formulas {
      let f: BinaryKernel = try kernel(name + "_b8", isa)
      checkBinary(
        name, isa, in: UInt8.self, out: UInt8.self, value: { UInt8($0 * 5 % 3) },
        want: { formula($0 != 0, $1 != 0) ? 1 : 0 },
        run: { f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) })
    }
  }

  /// C's table of special cases, and NaN through min and max.
  @Test(arguments: instructionSets) func specialValues(_ isa: Int32) throws {
    let edges: [Float] = [
      0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, .infinity, -.infinity, .nan, 1e30, -1e30, 0x1p-140,
      16_777_216, 127, -149, 1.000001, 0.99999,
    ]
    let pairs = edges.flatMap { x in edges.map { (x, $0) } }
    let a = pairs.map(\.0)
    let b = pairs.map(\.1)
    func results(_ name: String) throws -> [Float] {
      let f: BinaryKernel = try kernel(name, isa)
      var d = a
      d.withUnsafeMutableBytes { d in
        b.withUnsafeBytes {
          f(1, pairs.count, d.baseAddress!, 0, d.baseAddress!, 0, 1, $0.baseAddress!, 0, 1)
        }
      }
      return d
    }
    let powers = try results("pow_f32")
    let minima = try results("min_f32")
    let maxima = try results("max_f32")
    for (i, (x, y)) in pairs.enumerated() {
      let want = pow(Double(x), Double(y))
      #expect(ulps(powers[i], want) <= 1, "pow(\(x), \(y)) = \(powers[i])")
      let sameSign = want.isNaN || (powers[i].sign == want.sign)
      #expect(sameSign, "pow(\(x), \(y)) = \(powers[i])")
      #expect(minima[i].isNaN == (x.isNaN || y.isNaN))
      #expect(maxima[i].isNaN == (x.isNaN || y.isNaN))
    }
  }
}

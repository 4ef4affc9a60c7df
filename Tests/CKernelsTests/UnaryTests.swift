import CKernels
import Foundation
import Testing

/// One unary kernel: its name, its formula in double, what f32 and f64 may differ by, in ulps.
struct UnaryCase: Sendable, CustomTestStringConvertible {
  let name: String
  let f32: Double
  let f64: Double
  let formula: @Sendable (Double) -> Double

  init(
    _ name: String, f32: Double = 0.501, f64: Double = 0,
    _ formula: @escaping @Sendable (Double) -> Double
  ) {
    (self.name, self.f32, self.f64, self.formula) = (name, f32, f64, formula)
  }

  var testDescription: String { name }
}

func logistic(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }

/// Kernels of both float types, without parameters.
let floatCases: [UnaryCase] = [
  UnaryCase("neg") { -$0 }, UnaryCase("abs") { abs($0) },
  UnaryCase("sign") { $0.isNaN ? $0 : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
  UnaryCase("relu") { $0 < 0 ? 0 : $0 },
  UnaryCase("sqrt") { $0.squareRoot() },
  UnaryCase("rsqrt", f32: 1.5, f64: 1) { 1 / $0.squareRoot() },
  UnaryCase("reciprocal", f32: 0.501) { 1 / $0 },
  UnaryCase("floor") { $0.rounded(.down) }, UnaryCase("ceil") { $0.rounded(.up) },
  UnaryCase("trunc") { $0.rounded(.towardZero) },
  UnaryCase("round") { $0.rounded(.toNearestOrEven) },
  UnaryCase("exp", f32: 2, f64: 2) { exp($0) }, UnaryCase("log", f32: 2, f64: 1) { log($0) },
  UnaryCase("log1p", f32: 1, f64: 1) { log1p($0) },
  UnaryCase("expm1", f32: 1, f64: 1) { expm1($0) },
  UnaryCase("sin", f32: 2, f64: 1) { sin($0) }, UnaryCase("cos", f32: 2, f64: 1) { cos($0) },
  UnaryCase("atan", f32: 2, f64: 1) { atan($0) },
  UnaryCase("tanh", f32: 2, f64: 1) { tanh($0) }, UnaryCase("erf", f32: 1.5, f64: 1) { erf($0) },
  UnaryCase("sigmoid", f32: 2, f64: 4) { logistic($0) },
  UnaryCase("silu", f32: 3, f64: 4) { $0 * logistic($0) },
  UnaryCase("gelu", f32: 4, f64: 2) { $0 * (0.5 * erfc(-$0 * 0.5.squareRoot())) },
  UnaryCase("gelu_tanh", f32: 3, f64: 60) {
    let u: Double = 2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)
    return $0 * logistic(u)
  },
  UnaryCase("softplus", f32: 2.5, f64: 4) { max($0, 0) + log1p(exp(-abs($0))) },
]

/// Runs a one-input kernel over every size and layout and holds it against `want`.
func checkUnary<A: Element, D: Element>(
  _ name: String, _ isa: Int32, limit: Double, in type: A.Type, out: D.Type,
  value: (Int) -> A = { A(sample: sample($0)) }, want: (A) -> Double,
  run: (Int, Int, Out, Int, In, Int, Int) -> Void
) {
  for (rows, cols) in tileSizes {
    for layout in Layout.allCases {
      let a = Tile(rows, cols, layout, value)
      let before = Tile<D>(rows, cols, .gaps) { D(sample: Double($0 % 7)) }
      var d = before
      let ds = before.row
      a.read { p in d.write { run(rows, cols, $0, ds, p, a.row, a.col) } }
      var worst = 0.0
      for r in 0..<rows {
        for c in 0..<cols { worst = max(worst, ulps(d[r, c], want(a[r, c]))) }
      }
      #expect(worst <= limit, "\(name) on \(isaName(isa)), \(rows) x \(cols), \(layout)")
      #expect(d.sameOutside(before), "\(name) on \(isaName(isa)) wrote outside \(rows) x \(cols)")
    }
    guard var same = Tile(rows, cols, .gaps, value) as? Tile<D> else { continue }
    let a = Tile(rows, cols, .gaps, value)
    same.write { run(rows, cols, $0, a.row, $0, a.row, 1) }
    let exact = (0..<rows).allSatisfy { r in
      (0..<cols).allSatisfy { ulps(same[r, $0], want(a[r, $0])) <= limit }
    }
    #expect(exact, "\(name) in place on \(isaName(isa)), \(rows) x \(cols)")
  }
}

func isaName(_ isa: Int32) -> String { String(cString: dlc_isa_name(isa)) }

@Suite struct UnaryTests {
  @Test(arguments: floatCases, instructionSets)
  func floats(_ test: UnaryCase, _ isa: Int32) throws {
    let f32: UnaryKernel = try kernel(test.name + "_f32", isa)
    let formula = test.formula
    checkUnary(test.name, isa, limit: test.f32, in: Float.self, out: Float.self) {
      formula(Double($0))
    } run: {
      f32($0, $1, $2, $3, $4, $5, $6)
    }
    let f64: UnaryKernel = try kernel(test.name + "_f64", isa)
    checkUnary(test.name, isa, limit: test.f64, in: Double.self, out: Double.self, want: formula) {
      f64($0, $1, $2, $3, $4, $5, $6)
    }
  }

  @Test(arguments: instructionSets) func integers(_ isa: Int32) throws {
    try integers(isa, Int32.self)
    try integers(isa, Int64.self)
  }

  private func integers<T: Element & FixedWidthInteger>(_ isa: Int32, _ type: T.Type) throws {
    for name in ["neg", "abs", "sign", "relu"] {
      let f: UnaryKernel = try kernel("\(name)_\(T.suffix)", isa)
      let formula = floatCases.first { $0.name == name }!.formula
      checkUnary(
        name, isa, limit: 0, in: T.self, out: T.self, value: { T(sample: sample($0, range: 1000)) },
        want: { formula($0.double) }, run: { f($0, $1, $2, $3, $4, $5, $6) })
    }
    let negate: UnaryKernel = try kernel("neg_\(T.suffix)", isa)
    var lowest = [T.min]
    lowest.withUnsafeMutableBytes { negate(1, 1, $0.baseAddress!, 1, $0.baseAddress!, 1, 1) }
    #expect(lowest == [T.min])
  }

  @Test(arguments: instructionSets) func booleans(_ isa: Int32) throws {
    let not: UnaryKernel = try kernel("not_b8", isa)
    checkUnary("not", isa, limit: 0, in: UInt8.self, out: UInt8.self) {
      $0 == 0 ? 1 : 0
    } run: {
      not($0, $1, $2, $3, $4, $5, $6)
    }
    let isNaN: UnaryKernel = try kernel("is_nan_f32", isa)
    checkUnary(
      "is_nan", isa, limit: 0, in: Float.self, out: UInt8.self,
      value: { $0 % 3 == 0 ? .nan : Float($0) }, want: { $0.isNaN ? 1 : 0 },
      run: { isNaN($0, $1, $2, $3, $4, $5, $6) })
    let isNaN64: UnaryKernel = try kernel("is_nan_f64", isa)
    checkUnary(
      "is_nan", isa, limit: 0, in: Double.self, out: UInt8.self,
      value: { $0 % 3 == 0 ? .nan : Double($0) }, want: { $0.isNaN ? 1 : 0 },
      run: { isNaN64($0, $1, $2, $3, $4, $5, $6) })
  }

  @Test(arguments: instructionSets) func parameters(_ isa: Int32) throws {
    try parameters(isa, Float.self, limit: 1.5)
    try parameters(isa, Double.self, limit: 2)
    try clamp(isa, Float.self)
    try clamp(isa, Double.self)
    try clamp(isa, Int32.self)
    try clamp(isa, Int64.self)
  }

  private func parameters<T: Element>(_ isa: Int32, _ type: T.Type, limit: Double) throws {
    let leaky: UnaryKernel1 = try kernel("leaky_relu_\(T.suffix)", isa)
    checkUnary("leaky_relu", isa, limit: limit, in: T.self, out: T.self) {
      $0.double < 0 ? $0.double * 0.125 : $0.double
    } run: {
      leaky($0, $1, $2, $3, $4, $5, $6, 0.125)
    }
    let elu: UnaryKernel1 = try kernel("elu_\(T.suffix)", isa)
    checkUnary("elu", isa, limit: limit, in: T.self, out: T.self) {
      $0.double < 0 ? expm1($0.double) * 0.75 : $0.double
    } run: {
      elu($0, $1, $2, $3, $4, $5, $6, 0.75)
    }
  }

  private func clamp<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let clamp: UnaryKernel2 = try kernel("clamp_\(T.suffix)", isa)
    checkUnary("clamp", isa, limit: 0, in: T.self, out: T.self) {
      min(max($0.double, -2), 1)
    } run: {
      clamp($0, $1, $2, $3, $4, $5, $6, -2, 1)
    }
    checkUnary("clamp", isa, limit: 0, in: T.self, out: T.self) {
      $0.double
    } run: {
      clamp($0, $1, $2, $3, $4, $5, $6, -.infinity, .infinity)
    }
  }
}

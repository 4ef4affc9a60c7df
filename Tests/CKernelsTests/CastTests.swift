import CKernels
import Testing

@Suite struct CastTests {
  @Test(arguments: instructionSets) func everyPair(_ isa: Int32) throws {
    try from(isa, Float.self)
    try from(isa, Double.self)
    try from(isa, Int32.self)
    try from(isa, Int64.self)
    try from(isa, UInt8.self)
  }

  private func from<A: Element>(_ isa: Int32, _ type: A.Type) throws {
    try pair(isa, A.self, Float.self)
    try pair(isa, A.self, Double.self)
    try pair(isa, A.self, Int32.self)
    try pair(isa, A.self, Int64.self)
    try pair(isa, A.self, UInt8.self)
    let f: UnaryKernel = try kernel("cast_\(A.suffix)_bool", isa)
    checkUnary("cast to bool", isa, limit: 0, in: A.self, out: UInt8.self) {
      $0.double != 0 ? 1 : 0
    } run: {
      f($0, $1, $2, $3, $4, $5, $6)
    }
  }

  private func pair<A: Element, D: Element>(_ isa: Int32, _ from: A.Type, _ to: D.Type) throws {
    if A.self == D.self { return }
    let f: UnaryKernel = try kernel("cast_\(A.suffix)_\(D.suffix)", isa)
    let positive = D.self == UInt8.self
    checkUnary(
      "cast_\(A.suffix)_\(D.suffix)", isa, limit: 0.501, in: A.self, out: D.self,
      value: { A(sample: positive ? abs(sample($0, range: 120)) : sample($0, range: 120)) },
      want: { D.self is any BinaryInteger.Type ? $0.double.rounded(.towardZero) : $0.double },
      run: { f($0, $1, $2, $3, $4, $5, $6) })
  }

  @Test(arguments: instructionSets) func saturation(_ isa: Int32) throws {
    let values: [Double] = [
      .nan, .infinity, -.infinity, 1e300, -1e300, 2_147_483_648, -2_147_483_649, 2_147_483_647,
      0x1p63, -0x1p63, 255.9, 256, -1, 1.9, -1.9, 0x1p62,
    ]
    try saturation(isa, values, to: Int32.self)
    try saturation(isa, values, to: Int64.self)
    try saturation(isa, values, to: UInt8.self)
    try saturation(isa, values.map { Float($0) }, to: Int32.self)
    try saturation(isa, values.map { Float($0) }, to: Int64.self)
    try saturation(isa, values.map { Float($0) }, to: UInt8.self)
  }

  private func saturation<A: Element & BinaryFloatingPoint, D: Element & FixedWidthInteger>(
    _ isa: Int32, _ values: [A], to type: D.Type
  ) throws {
    let f: UnaryKernel = try kernel("cast_\(A.suffix)_\(D.suffix)", isa)
    var d = [D](repeating: 77, count: values.count)
    values.withUnsafeBytes { a in
      d.withUnsafeMutableBytes { f(1, values.count, $0.baseAddress!, 0, a.baseAddress!, 0, 1) }
    }
    let want = values.map { x in
      x.isNaN ? 0 : D(exactly: x.rounded(.towardZero)) ?? (x > 0 ? D.max : D.min)
    }
    #expect(d == want, "\(A.suffix) to \(D.suffix) on \(isaName(isa))")
  }

  @Test(arguments: instructionSets) func integersKeepTheirLowBits(_ isa: Int32) throws {
    let narrow: UnaryKernel = try kernel("cast_i64_i32", isa)
    let values: [Int64] = [0x1_2345_6789, -1, .min, 0x8000_0000]
    var d = [Int32](repeating: 0, count: 4)
    values.withUnsafeBytes { a in
      d.withUnsafeMutableBytes { narrow(1, 4, $0.baseAddress!, 0, a.baseAddress!, 0, 1) }
    }
    #expect(d == values.map { Int32(truncatingIfNeeded: $0) })
  }
}

import CKernels
import Testing

/// Bits of integers, and the bits that rounding to a smaller float leaves.
@Suite struct BitTests {
  @Test(arguments: instructionSets) func integers(_ isa: Int32) throws {
    try integers(isa, Int32.self)
    try integers(isa, Int64.self)
    try integers(isa, UInt8.self)
  }

  private func integers<T: Element & FixedWidthInteger>(_ isa: Int32, _ type: T.Type) throws {
    let width = T(T.bitWidth)
    let values: [T] = [0, 1, 2, 5, 100, T.max, T.min, T.max - 1, ~0, T.max / 3]
    let amounts: [T] = [0, 1, 3, width - 1, width, width + 1, T.max, T.min, ~0]
    let formulas: [(String, (T, T) -> T)] = [
      ("bit_and", { $0 & $1 }), ("bit_or", { $0 | $1 }), ("bit_xor", { $0 ^ $1 }),
      ("shift_left", { $1 < 0 || $1 >= width ? 0 : $0 << $1 }),
      ("shift_right", { $1 < 0 || $1 >= width ? ($0 < 0 ? ~0 : 0) : $0 >> $1 }),
      (
        "shift_right_logical",
        { x, y in
          let bits = T.Magnitude(truncatingIfNeeded: x)
          return y < 0 || y >= width ? 0 : T(truncatingIfNeeded: bits >> T.Magnitude(y))
        }
      ),
    ]
    let a = values.flatMap { x in amounts.map { _ in x } }
    let b = values.flatMap { _ in amounts }
    for (name, formula) in formulas {
      let f: BinaryKernel = try kernel("\(name)_\(T.suffix)", isa)
      var d = a
      d.withUnsafeMutableBytes { d in
        b.withUnsafeBytes {
          f(1, a.count, d.baseAddress!, 0, d.baseAddress!, 0, 1, $0.baseAddress!, 0, 1)
        }
      }
      #expect(d == zip(a, b).map { formula($0, $1) }, "\(name)_\(T.suffix) on \(isaName(isa))")
    }
    let not: UnaryKernel = try kernel("bit_not_\(T.suffix)", isa)
    var d = values
    d.withUnsafeMutableBytes { not(1, values.count, $0.baseAddress!, 0, $0.baseAddress!, 0, 1) }
    #expect(d == values.map { ~$0 })
  }

  @Test(arguments: instructionSets) func infinity(_ isa: Int32) throws {
    let isInfinite: UnaryKernel = try kernel("is_inf_f32", isa)
    let values: [Float] = [0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude]
    var d = [UInt8](repeating: 7, count: values.count)
    values.withUnsafeBytes { a in
      d.withUnsafeMutableBytes { isInfinite(1, 5, $0.baseAddress!, 0, a.baseAddress!, 0, 1) }
    }
    #expect(d == [0, 1, 1, 0, 0])
    let isInfinite64: UnaryKernel = try kernel("is_inf_f64", isa)
    values.map(Double.init).withUnsafeBytes { a in
      d.withUnsafeMutableBytes { isInfinite64(1, 5, $0.baseAddress!, 0, a.baseAddress!, 0, 1) }
    }
    #expect(d == [0, 1, 1, 0, 0])
  }

  /// Every 16-bit float, what lies next to it, and what lies halfway to the next one.
  @Test(arguments: instructionSets) func float16(_ isa: Int32) throws {
    let exact = (0..<UInt16(0x7c00)).map { Float(Float16(bitPattern: $0)) }
    var values = exact + zip(exact, exact.dropFirst()).map { ($0 + $1) / 2 }
    values += [65504, 65519.996, 65520, 65536, 1e30, .infinity, 0x1p-25, 0x1.000002p-25, 0x1p-140]
    values += values.map(\.nextUp) + values.map(\.nextDown)
    values += values.map { -$0 }
    try check("round_float16", isa, values + [.nan]) { Float(Float16($0)) }
    let wide = values.map(Double.init)
    try check("round_float16", isa, wide + wide.map(\.nextUp) + wide.map(\.nextDown) + [.nan]) {
      Double(Float16($0))
    }
  }

  @Test(arguments: instructionSets) func bfloat16(_ isa: Int32) throws {
    func expected(_ x: Float) -> Float {
      if x.isNaN { return x }
      let bits = x.bitPattern
      let low = bits & 0xffff
      let up = low > 0x8000 || (low == 0x8000 && bits & 0x10000 != 0)
      return Float(bitPattern: (bits & 0xffff_0000) + (up ? 0x10000 : 0))
    }
    let exact = (0..<UInt32(0x7f80)).map { Float(bitPattern: $0 << 16) }
    var values = exact + exact.map { Float(bitPattern: $0.bitPattern + 0x8000) } + [.infinity]
    values += values.map(\.nextUp) + values.map(\.nextDown)
    values += values.map { -$0 }
    try check("round_bfloat16", isa, values + [.nan], expected)
    try check("round_bfloat16", isa, values.map(Double.init) + [.nan]) {
      Double(expected(Float($0)))
    }
  }

  private func check<T: Element & BinaryFloatingPoint>(
    _ name: String, _ isa: Int32, _ values: [T], _ formula: (T) -> T
  ) throws {
    let f: UnaryKernel = try kernel("\(name)_\(T.suffix)", isa)
    var d = values
    d.withUnsafeMutableBytes { f(1, values.count, $0.baseAddress!, 0, $0.baseAddress!, 0, 1) }
    let wrong = values.indices.first { index in
      let want = formula(values[index])
      return want.isNaN ? !d[index].isNaN : d[index] != want || d[index].sign != want.sign
    }
    let place = wrong.map { "\(values[$0]) gives \(d[$0]), not \(formula(values[$0]))" }
    #expect(wrong == nil, "\(name)_\(T.suffix) on \(isaName(isa)): \(place ?? "")")
  }
}

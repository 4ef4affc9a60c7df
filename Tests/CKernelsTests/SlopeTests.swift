import CKernels
import Foundation
import Testing

/// Derivatives of activations, which pass through zero: their errors beside 1, and their ends.
@Suite struct SlopeTests {
  static let slopes: [(name: String, formula: @Sendable (Double) -> Double)] = [
    ("silu_slope", { logistic($0) + $0 * logistic($0) * logistic(-$0) }),
    (
      "gelu_tanh_slope",
      { x in
        let scale = (8 / Double.pi).squareRoot()
        let s = { logistic(scale * (x + 0.044715 * x * x * x) * $0) }
        return s(1) + s(1) * s(-1) * x * scale * (1 + 3 * 0.044715 * x * x)
      }
    ),
  ]

  @Test(arguments: instructionSets) func errorsAreSmall(_ isa: Int32) throws {
    for slope in Self.slopes {
      try errors(Float.self, slope.name, isa, slope.formula, 4e-7)
      try errors(Double.self, slope.name, isa, slope.formula, 2e-15)
    }
  }

  private func errors<T: Element & BinaryFloatingPoint>(
    _ type: T.Type, _ name: String, _ isa: Int32, _ formula: (Double) -> Double, _ bound: Double
  ) throws {
    let kernel: UnaryKernel = try kernel("\(name)_\(T.suffix)", isa)
    let x: [T] = (-20_000...20_000).map { T($0) / 200 } + [-.infinity, .infinity, .nan, -0.0]
    var y = [T](repeating: 0, count: x.count)
    x.withUnsafeBytes { x in
      y.withUnsafeMutableBytes { y in
        kernel(1, y.count / MemoryLayout<T>.stride, y.baseAddress!, 0, x.baseAddress!, 0, 1)
      }
    }
    for (x, y) in zip(x, y).dropLast(4) {
      #expect(abs(Double(y) - formula(Double(x))) <= bound, "\(name) on \(isaName(isa)) at \(x)")
    }
    let ends = y.suffix(4)
    #expect(ends.first == 0 && ends.dropFirst().first == 1, "\(name) at infinity: \(ends)")
    #expect(ends.dropFirst(2).first?.isNaN == true && ends.last == 0.5)
  }

  typealias BothKernel =
    @convention(c) (Int, Int, Out, Int, Out, Int, In, Int, Int) -> Void

  /// An activation and its slope in one pass are what two kernels give, but for a last bit or two.
  @Test(arguments: instructionSets, ["silu", "gelu_tanh"])
  func bothAtOnce(_ isa: Int32, _ name: String) throws {
    try both(Float.self, name, isa)
    try both(Double.self, name, isa)
  }

  private func both<T: Element & BinaryFloatingPoint>(
    _ type: T.Type, _ name: String, _ isa: Int32
  ) throws {
    let value: UnaryKernel = try kernel("\(name)_\(T.suffix)", isa)
    let slope: UnaryKernel = try kernel("\(name)_slope_\(T.suffix)", isa)
    let both: BothKernel = try kernel("\(name)_and_slope_\(T.suffix)", isa)
    let ends: [Double] = [.infinity, -.infinity, .nan, -0.0, 0, 1e30, -1e30, -100, 100]
    for (rows, cols) in tileSizes + [(7, 5000)] {
      for layout in Layout.allCases {
        let a = Tile<T>(rows, cols, layout) { i in
          T(i % 50 == 49 ? ends[i / 50 % ends.count] : sample(i, range: i % 3 == 0 ? 20 : 3))
        }
        var wanted = (Tile<T>(rows, cols, .gaps) { T(-$0) }, Tile<T>(rows, cols, .gaps) { T(-$0) })
        var got = wanted
        a.read { a in
          let (row, col) = layout.strides(rows, cols)
          wanted.0.write { value(rows, cols, $0, wanted.1.row, a, row, col) }
          wanted.1.write { slope(rows, cols, $0, wanted.0.row, a, row, col) }
          got.0.write { y in
            got.1.write { both(rows, cols, y, wanted.0.row, $0, wanted.1.row, a, row, col) }
          }
        }
        let context: String = "\(name)_\(T.suffix) on \(isaName(isa)): \(rows) x \(cols), \(layout)"
        #expect(got.0.sameOutside(wanted.0) && got.1.sameOutside(wanted.1), "\(context)")
        for r in 0..<rows {
          for c in 0..<cols {
            let off = ulps(got.0[r, c], wanted.0[r, c].double)
            #expect(off <= 2, "\(context): \(got.0[r, c]), not \(wanted.0[r, c])")
            let (slope, same) = (got.1[r, c].double, wanted.1[r, c].double)
            let bound = T.self == Float.self ? 3e-7 : 0
            let isSame = abs(slope - same) <= bound || slope.isNaN && same.isNaN
            #expect(isSame, "\(context): slope \(slope), not \(same)")
          }
        }
      }
    }
  }
}

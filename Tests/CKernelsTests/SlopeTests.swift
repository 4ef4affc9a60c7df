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
}

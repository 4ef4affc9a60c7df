import CKernels
import Foundation
import Testing

/// f32 mathematics held against double over the whole range of floats: every 2053rd bit pattern, or
/// every one where DLC_ALL_FLOATS is set. DLC_TEST_ULPS prints the worst errors.
@Suite struct AccuracyTests {
  /// The bounds docs/kernels.md states, in ulps.
  static let limits: [(String, Double)] = [
    ("exp", 1), ("log", 1), ("log1p", 1), ("expm1", 1), ("sin", 2), ("cos", 2), ("atan", 2),
    ("tanh", 2), ("erf", 1.5), ("sigmoid", 2), ("silu", 3), ("gelu", 4), ("gelu_tanh", 3),
    ("softplus", 2.5), ("rsqrt", 2), ("reciprocal", 1),
  ]

  private static let specials: [Float] = [
    0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 88.72284, -103.97208,
    .greatestFiniteMagnitude, 0.625, 1e5, 100_001, 1e-10, -1e-10, -89, -95, -100, -104, -13.5, 14.6,
    -11, 4, 0.95, -14.4, 0.41421357, 2.4142137,
  ]
  private static let environment = ProcessInfo.processInfo.environment
  private static let step = environment["DLC_ALL_FLOATS"] == nil ? 2053 : 1
  private static let block = 1 << 16

  /// The floats of one block, block 0 being the special ones; nil after the last.
  private static func floats(_ index: Int) -> [Float]? {
    if index == 0 { return specials }
    let first = (index - 1) * block * step
    guard first < 1 << 32 else { return nil }
    let bits = stride(from: first, to: min(first + block * step, 1 << 32), by: step)
    return bits.map { Float(bitPattern: UInt32($0)) }
  }

  @Test(arguments: limits) func everyExponent(_ name: String, _ limit: Double) throws {
    let formula = try #require(floatCases.first { $0.name == name }).formula
    let kernels: [UnaryKernel] = try instructionSets.map { try kernel(name + "_f32", $0) }
    var worst = [(error: Double, at: Float)](repeating: (0, 0), count: kernels.count)
    var index = 0
    while let input = Self.floats(index) {
      let want = input.map { formula(Double($0)) }
      var output = [Float](repeating: 0, count: input.count)
      for (i, f) in kernels.enumerated() {
        input.withUnsafeBytes { a in
          output.withUnsafeMutableBytes {
            f(1, input.count, $0.baseAddress!, 0, a.baseAddress!, 0, 1)
          }
        }
        for j in input.indices {
          let error = ulps(output[j], want[j])
          if error > worst[i].error { worst[i] = (error, input[j]) }
        }
      }
      index += 1
    }
    for (isa, (error, at)) in zip(instructionSets, worst) {
      #expect(error <= limit, "\(name)(\(at)) is off by \(error) ulp on \(isaName(isa))")
      if Self.environment["DLC_TEST_ULPS"] != nil {
        print("\(name) \(isaName(isa)): \(error) ulp at \(at)")
      }
    }
  }
}

import CKernels
import Foundation
import Testing

/// f32 mathematics held against double over the whole range of floats, every 2053rd bit pattern.
@Suite struct AccuracyTests {
  static let limits: [(String, Double)] = [
    ("exp", 2), ("log", 2), ("log1p", 1), ("expm1", 1), ("sin", 1), ("cos", 1), ("tanh", 2),
    ("erf", 1), ("sigmoid", 2), ("silu", 1), ("gelu", 1), ("gelu_tanh", 1), ("softplus", 1),
    ("rsqrt", 2), ("reciprocal", 1),
  ]

  static let patterns: [Float] = {
    let specials: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 88.72284, -103.97208,
      .greatestFiniteMagnitude, 0.625, 1e5, 100_001, 1e-10, -1e-10, -89, -95, -100, -104,
    ]
    return specials + stride(from: 0, to: 1 << 32, by: 2053).map { Float(bitPattern: UInt32($0)) }
  }()

  @Test(arguments: limits) func everyExponent(_ name: String, _ limit: Double) throws {
    let formula = try #require(floatCases.first { $0.name == name }).formula
    let input = Self.patterns
    let want = input.map { formula(Double($0)) }
    for isa in instructionSets {
      let f: UnaryKernel = try kernel(name + "_f32", isa)
      var output = [Float](repeating: 0, count: input.count)
      input.withUnsafeBytes { a in
        output.withUnsafeMutableBytes {
          f(1, input.count, $0.baseAddress!, 0, a.baseAddress!, 0, 1)
        }
      }
      var worst = (error: 0.0, at: 0)
      for i in input.indices {
        let error = ulps(output[i], want[i])
        if error > worst.error { worst = (error, i) }
      }
      let at = worst.at
      #expect(
        worst.error <= limit,
        "\(name)(\(input[at])) = \(output[at]), not \(want[at]), on \(isaName(isa))")
      if ProcessInfo.processInfo.environment["DLC_TEST_ULPS"] != nil {
        print("\(name) \(isaName(isa)): \(worst.error) ulp at \(input[at])")
      }
    }
  }
}

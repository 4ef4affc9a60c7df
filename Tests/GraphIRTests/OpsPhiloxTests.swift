import Foundation
import GraphIR
import Testing

@Suite struct OpsPhiloxTests {
  /// The known answers of Random123's philox4x32-10.
  @Test func knownAnswers() {
    let ones = UInt32.max
    let zero = Philox.rounds(SIMD4(repeating: 0), key: SIMD2(repeating: 0))
    #expect(zero == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let full = Philox.rounds(SIMD4(repeating: ones), key: SIMD2(repeating: ones))
    #expect(full == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = Philox.rounds(
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: SIMD2(0xa409_3822, 0x299f_31d0))
    #expect(pi == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  /// The words of block 0 of seed 0, taken as the definition says.
  @Test func elementsComeFromTheWordsOfABlock() {
    let philox = Philox(seed: 0, step: 0, stream: 0)
    let words: [UInt32] = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
    for (index, word) in words.enumerated() {
      #expect(philox.uniformSingle(index) == Double(word >> 8) * 0x1p-24)
    }
    let low = (UInt64(words[1]) << 32 | UInt64(words[0])) >> 11
    let high = (UInt64(words[3]) << 32 | UInt64(words[2])) >> 11
    #expect(philox.uniformDouble(0) == Double(low) * 0x1p-53)
    #expect(philox.uniformDouble(1) == Double(high) * 0x1p-53)

    let radius = (-2 * log(Double((words[2] >> 8) + 1) * 0x1p-24)).squareRoot()
    let angle = 2 * Double.pi * Double(words[3] >> 8) * 0x1p-24
    #expect(abs(philox.normalSingle(2) - radius * cos(angle)) < 1e-12)
    #expect(abs(philox.normalSingle(3) - radius * sin(angle)) < 1e-12)
  }

  /// Each of seed, step and stream gives other numbers, high words included.
  @Test func everyPartOfTheKeyCounts() {
    let keys: [(Int64, Int64, UInt32)] = [
      (0, 0, 0), (1, 0, 0), (1 << 32, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (-1, 0, 0),
    ]
    let first = keys.map { Philox(seed: $0.0, step: $0.1, stream: $0.2).uniformDouble(0) }
    #expect(Set(first).count == keys.count)
  }

  /// Means and variances within five standard errors.
  @Test func moments() {
    let philox = Philox(seed: 42, step: 7, stream: 3)
    let count = 20_000
    let draws: [(@Sendable (Int) -> Double, Double, Double, Double)] = [
      (philox.uniformSingle, 0.5, 1.0 / 12, 1.0 / 180),
      (philox.uniformDouble, 0.5, 1.0 / 12, 1.0 / 180),
      (philox.normalSingle, 0, 1, 2), (philox.normalDouble, 0, 1, 2),
    ]
    for (draw, mean, variance, spread) in draws {
      let values = (0..<count).map(draw)
      let average = values.reduce(0, +) / Double(count)
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
      #expect(abs(average - mean) < 5 * (variance / Double(count)).squareRoot())
      #expect(abs(square - variance) < 5 * (spread / Double(count)).squareRoot())
    }
  }
}

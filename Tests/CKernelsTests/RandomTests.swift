import CKernels
import Foundation
import Testing

typealias RandomKernel = @convention(c) (Int, Out, UnsafePointer<Int64>, Int, Int) -> Void

@Suite struct RandomTests {
  private func draw<T: Element>(
    _ name: String, _ isa: Int32, _ type: T.Type, count: Int, key: [Int64] = [42, 7],
    stream: Int = 3, first: Int = 0
  ) throws -> [T] {
    let f: RandomKernel = try kernel("\(name)_\(T.suffix)", isa)
    var d = [T](repeating: T(sample: 9), count: count + 1)
    d.withUnsafeMutableBytes { f(count, $0.baseAddress!, key, stream, first) }
    #expect(d[count] == T(sample: 9), "\(name) wrote beyond its end")
    return Array(d.dropLast())
  }

  /// The known answers published with the generator (Random123, kat_vectors): counter and key all
  /// zero, and all ones. Of each word the upper 24 bits show in f32, 53 of each pair in f64.
  @Test(arguments: instructionSets) func knownAnswers(_ isa: Int32) throws {
    let zeros: [UInt32] = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
    let ones: [UInt32] = [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    for (words, bit, first) in [(zeros, 0, 0), (ones, -1, -1)] {
      let key = [Int64(bit), Int64(bit)]
      let f32 = try draw(
        "uniform", isa, Float.self, count: 4, key: key, stream: bit, first: 4 * first)
      #expect(f32 == words.map { Float($0 >> 8) * 0x1p-24 })
      let f64 = try draw(
        "uniform", isa, Double.self, count: 2, key: key, stream: bit, first: 2 * first)
      let pairs = [0, 2].map { UInt64(words[$0 + 1]) << 32 | UInt64(words[$0]) }
      #expect(f64 == pairs.map { Double($0 >> 11) * 0x1p-53 })
    }
  }

  @Test(arguments: instructionSets) func rangesMayBeSplitAnywhere(_ isa: Int32) throws {
    for name in ["uniform", "normal"] {
      try split(name, isa, Float.self)
      try split(name, isa, Double.self)
    }
  }

  private func split<T: Element>(_ name: String, _ isa: Int32, _ type: T.Type) throws {
    let whole = try draw(name, isa, type, count: 300)
    for first in [1, 2, 3, 4, 63, 64, 65, 130] {
      for count in [0, 1, 2, 5, 64, 100] {
        let part = try draw(name, isa, type, count: count, first: first)
        #expect(part == Array(whole[first..<first + count]), "\(name), \(count) from \(first)")
      }
    }
    #expect(try draw(name, isa, type, count: 8, stream: 4) != Array(whole.prefix(8)))
    #expect(try draw(name, isa, type, count: 8, key: [43, 7]) != Array(whole.prefix(8)))
    #expect(try draw(name, isa, type, count: 8, key: [42, 8]) != Array(whole.prefix(8)))
    #expect(try draw(name, isa, type, count: 8, key: [42 + 1 << 32, 7]) != Array(whole.prefix(8)))
  }

  @Test(arguments: instructionSets) func normalIsBoxMullerOfUniform(_ isa: Int32) throws {
    let u = try draw("uniform", isa, Float.self, count: 2000)
    let z = try draw("normal", isa, Float.self, count: 2000)
    let u64 = try draw("uniform", isa, Double.self, count: 2000)
    let z64 = try draw("normal", isa, Double.self, count: 2000)
    for i in stride(from: 0, to: 2000, by: 2) {
      let radius = (-2 * log(Double(u[i]) + 0x1p-24)).squareRoot()
      let angle = 2 * Double.pi * Double(u[i + 1])
      #expect(abs(Double(z[i]) - radius * cos(angle)) < 1e-6)
      #expect(abs(Double(z[i + 1]) - radius * sin(angle)) < 1e-6)
      let radius64 = (-2 * log(u64[i] + 0x1p-53)).squareRoot()
      #expect(abs(z64[i] - radius64 * cos(2 * Double.pi * u64[i + 1])) < 1e-12)
      #expect(abs(z64[i + 1] - radius64 * sin(2 * Double.pi * u64[i + 1])) < 1e-12)
    }
  }

  /// Within four standard errors of the distribution's moments.
  @Test func moments() throws {
    let count = 100_000
    let isa = dlc_isa()
    let u = try draw("uniform", isa, Float.self, count: count).map(Double.init)
    let z = try draw("normal", isa, Float.self, count: count).map(Double.init)
    let error = 1 / Double(count).squareRoot()
    #expect(u.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(u.reduce(0, +) / Double(count) - 0.5) < 4 * error * (1.0 / 12).squareRoot())
    #expect(abs(z.reduce(0, +) / Double(count)) < 4 * error)
    let square = z.reduce(0) { $0 + $1 * $1 } / Double(count)
    #expect(abs(square - 1) < 4 * error * 2.0.squareRoot())
  }
}

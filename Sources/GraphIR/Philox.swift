import Foundation

/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3" (SC'11): a random number is a function of its index, so that
/// neither threads nor shapes change what is drawn.
///
/// The counter is (block, low and high word; low word of the step; stream), the key the seed's low
/// and high word. A block is four words of 32 bits: four f32 elements or two f64.
public struct Philox: Sendable {
  private let seed: UInt64
  private let step: UInt32
  private let stream: UInt32

  public init(seed: Int64, step: Int64, stream: UInt32) {
    self.seed = UInt64(bitPattern: seed)
    self.step = UInt32(truncatingIfNeeded: step)
    self.stream = stream
  }

  /// Ten rounds over one counter.
  public static func rounds(
    _ counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var (x, key) = (counter, key)
    for _ in 0..<10 {
      let first = x[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
      x = SIMD4(second.high ^ x[1] ^ key[0], second.low, first.high ^ x[3] ^ key[1], first.low)
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return x
  }

  private func block(_ index: Int) -> SIMD4<UInt32> {
    let low = UInt32(truncatingIfNeeded: index)
    let high = UInt32(truncatingIfNeeded: index >> 32)
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    return Philox.rounds(SIMD4(low, high, step, stream), key: key)
  }

  /// A word's 24 leading bits as a fraction.
  private func unit(_ word: UInt32) -> Double { Double(word >> 8) * 0x1p-24 }

  /// Two words' 53 leading bits as a fraction, the second word the higher.
  private func unit(_ low: UInt32, _ high: UInt32) -> Double {
    Double((UInt64(high) << 32 | UInt64(low)) >> 11) * 0x1p-53
  }

  /// Element `index` of f32 numbers uniform in [0, 1).
  public func uniformSingle(_ index: Int) -> Double { unit(block(index / 4)[index % 4]) }

  /// Element `index` of f64 numbers uniform in [0, 1).
  public func uniformDouble(_ index: Int) -> Double {
    let words = block(index / 2)
    return index % 2 == 0 ? unit(words[0], words[1]) : unit(words[2], words[3])
  }

  /// Element `index` of f32 numbers, normal with mean 0 and variance 1.
  public func normalSingle(_ index: Int) -> Double {
    let words = block(index / 4)
    let pair = index % 4 / 2 * 2
    return boxMuller(unit(words[pair]) + 0x1p-24, unit(words[pair + 1]), index)
  }

  /// Element `index` of f64 numbers, normal with mean 0 and variance 1.
  public func normalDouble(_ index: Int) -> Double {
    let words = block(index / 2)
    return boxMuller(unit(words[0], words[1]) + 0x1p-53, unit(words[2], words[3]), index)
  }

  /// Box and Muller 1958: the cosine for the first of a pair, the sine for the second.
  private func boxMuller(_ u1: Double, _ u2: Double, _ index: Int) -> Double {
    let radius = (-2 * Foundation.log(u1)).squareRoot()
    let angle = 2 * Double.pi * u2
    return radius * (index % 2 == 0 ? Foundation.cos(angle) : Foundation.sin(angle))
  }
}

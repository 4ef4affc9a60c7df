/// The exactly reproducible numbers that the golden fixtures were made from.
///
/// The counterpart of bench/generator.py, which specifies it; both give the same bits. Tensors are
/// filled in row-major order, element k from the k-th output of SplitMix64 started at a seed.
public enum FixtureGenerator {
  /// The k-th output of SplitMix64 from state `seed`, k from 0.
  public static func raw(seed: UInt64, _ k: Int) -> UInt64 {
    var z = seed &+ UInt64(k + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static func unit(_ seed: UInt64, _ k: Int) -> Double {
    Double(raw(seed: seed, k) >> 40) * 0x1p-24
  }

  /// Uniform over [0, 1), multiples of 2^-24.
  public static func uniform(seed: UInt64, count: Int) -> [Float] {
    (0..<count).map { Float(unit(seed, $0)) }
  }

  /// Uniform over [-1, 1), multiples of 2^-23.
  public static func signed(seed: UInt64, count: Int) -> [Float] {
    (0..<count).map { Float(2 * unit(seed, $0) - 1) }
  }

  /// Nearly normal with variance 1: twelve uniform values summed, minus 6.
  public static func normal(seed: UInt64, count: Int) -> [Float] {
    (0..<count).map { element in
      let draws = 12 * element..<12 * element + 12
      return Float(draws.reduce(0) { $0 + unit(seed, $1) } - 6)
    }
  }

  /// Classes from 0.
  public static func labels(seed: UInt64, count: Int, classes: Int = 10) -> [Int64] {
    (0..<count).map { Int64(Double(classes) * unit(seed, $0)) }
  }

  /// The initial value of the parameter at `index` in its model's list, biases counted.
  ///
  /// Matrices `[in, out]` and kernels `[out, in, ...]` are uniform with variance 1 over the number
  /// of what is added up; vectors are zero, but gains of norms,
  /// `NAME.g`, are one.
  public static func weight(index: Int, shape: [Int], name: String = "") -> [Float] {
    let count = shape.reduce(1, *)
    if shape.count == 1 { return [Float](repeating: name.hasSuffix(".g") ? 1 : 0, count: count) }
    let fanIn = shape.count == 2 ? shape[0] : shape[1...].reduce(1, *)
    let bound = (3 / Double(fanIn)).squareRoot()
    return (0..<count).map { Float((2 * unit(UInt64(index), $0) - 1) * bound) }
  }

  /// The seed of a batch's array at `step` (from 0): index 0 for x, 1 for y, 2 for eps, 3 for t.
  public static func batchSeed(step: Int, index: Int) -> UInt64 {
    (UInt64(step + 1) << 32) + UInt64(index)
  }
}

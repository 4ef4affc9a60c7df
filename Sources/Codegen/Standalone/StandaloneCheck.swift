import GraphIR

/// What the self-check of a standalone file does: runs on pseudo-random inputs, of which one output
/// was recorded.
public struct StandaloneCheck: Sendable {
  /// The seed of the first values.
  public static let seed = 1
  /// The output that is compared, and its figure after each run.
  public let output: Int
  public let figures: [Double]

  public init(output: Int, figures: [Double]) {
    self.output = output
    self.figures = figures
  }

  /// The output to compare: the first that is one number, else the first; nil without outputs.
  public static func output(of program: Program) -> Int? {
    program.outputs.firstIndex { $0.type.dtype.isFloat && $0.type.shape.count == 1 }
      ?? program.outputs.firstIndex { $0.type.dtype.isFloat } ?? program.outputs.indices.first
  }

  /// The figure of an output: the mean of its elements' magnitudes, of a loss the loss.
  public static func figure(_ tensor: Tensor) -> Double {
    let sum = tensor.doubles.reduce(0) { $0 + abs($1) }
    return sum / Double(max(1, tensor.count))
  }

  /// The inputs of one run after another: floats in [0, 1), integers 0 or 1, which are indices of
  /// any table. A linear congruential generator, Numerical Recipes' constants.
  public struct Inputs {
    private var state: UInt32 = 1
    public init() {}

    public mutating func next(_ type: TensorType) -> Tensor {
      var values: [Double] = []
      values.reserveCapacity(type.shape.count)
      for _ in 0..<type.shape.count {
        state = state &* 1_664_525 &+ 1_013_904_223
        let bits = state >> 8
        values.append(type.dtype.isFloat ? Double(bits) * 0x1p-24 : Double(bits >> 23))
      }
      return Tensor(type, doubles: values)
    }
  }
}

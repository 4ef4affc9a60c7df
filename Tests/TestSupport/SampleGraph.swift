import Codegen
import GraphIR
import Runtime

/// A sample of an op as a graph of its own, with inputs drawn from a seed.
public struct SampleGraph {
  public let graph: Graph
  public let inputs: [String: Tensor]

  public init(_ sample: OpSample, seed: UInt64) throws {
    let builder = GraphBuilder("sample")
    var generator = SplitMix64(seed: seed)
    var inputs: [String: Tensor] = [:]
    var operands: [Value] = []
    for (index, operand) in sample.operands.enumerated() {
      let name = "x\(index)"
      operands.append(builder.input(name, operand.type.dtype, operand.type.shape))
      inputs[name] = operand.draw(&generator)
    }
    builder.output("y", builder.append(sample.op, operands))
    graph = try builder.build()
    self.inputs = inputs
  }
}

extension OpSample.Operand {
  /// Elements in `range`, or the given ones.
  public func draw(_ generator: inout SplitMix64) -> Tensor {
    if let values { return Tensor(type, doubles: values) }
    let draws = (0..<type.shape.count).map { _ in
      let value = range.lowerBound + generator.unit() * (range.upperBound - range.lowerBound)
      return type.dtype.isFloat ? value : value.rounded()
    }
    return Tensor(type, doubles: draws)
  }
}

/// A small seeded generator, the same everywhere (Steele, Lea and Flood 2014).
public struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1).
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

import GraphIR

/// A sample of an op or composite as a graph of its own, output `y`, with inputs drawn from a seed.
public struct SampleGraph {
  public let graph: Graph
  public let inputs: [String: Tensor]

  public init(_ sample: OpSample, seed: some BinaryInteger) throws {
    try self.init(sample.operands, seed: Int(seed)) { values, builder in
      builder.append(sample.op, values)
    }
  }

  public init(_ sample: CompositeSample, seed: Int) throws {
    try self.init(sample.operands, seed: seed) { values, _ in sample.build(values) }
  }

  private init(
    _ samples: [OpSample.Operand], seed: Int, build: ([Value], GraphBuilder) -> Value
  ) throws {
    let builder = GraphBuilder("sample")
    var inputs: [String: Tensor] = [:]
    var operands: [Value] = []
    for (index, operand) in samples.enumerated() {
      let name = "x\(index)"
      operands.append(builder.input(name, operand.type.dtype, operand.type.shape))
      inputs[name] = Tensor(operand.type, doubles: operand.draw(seed: seed &+ index &* 1009).values)
    }
    builder.output("y", build(operands, builder))
    graph = try builder.build()
    self.inputs = inputs
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

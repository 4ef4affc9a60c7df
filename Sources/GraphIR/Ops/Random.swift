/// Random numbers which depend on the key, the stream and the element's index only.
///
/// Operand 0 is the key, i64[2]: seed and step. The shape is an attribute, or that of operand 1,
/// which lends nothing else. `Philox` defines the numbers.
public struct Random: Op {
  public let distribution: RandomDistribution
  public let dtype: DType
  /// The result's shape; nil for that of operand 1.
  public let shape: Shape?
  /// Tells apart the draws of one graph.
  public let stream: Int

  public init(_ distribution: RandomDistribution, _ dtype: DType, _ shape: Shape?, stream: Int) {
    self.distribution = distribution
    self.dtype = dtype
    self.shape = shape
    self.stream = stream
  }

  public var name: String { "random_\(distribution.rawValue)" }
  public var attributes: [Attribute] {
    let shape = shape.map { [Attribute("shape", .ints($0.dims))] } ?? []
    return [Attribute("dtype", .string(dtype.rawValue))] + shape
      + [Attribute("stream", .int(stream))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(shape == nil ? 2 : 1)
    guard operands[0] == TensorType(.i64, [2]) else {
      throw OpError("the key must be i64[2], not \(operands[0])")
    }
    try dtype.expectFloat()
    guard stream >= 0, stream <= UInt32.max else {
      throw OpError("stream \(stream) is not in 0...\(UInt32.max)")
    }
    return TensorType(dtype, try (shape ?? operands[1].shape).checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    context.operands.map { _ in .zero("random numbers depend on nothing continuous") }
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .random(distribution, stream: stream)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let key = operands[0].values.map(Int64.init(saturating:))
    let philox = Philox(seed: key[0], step: key[1], stream: UInt32(stream))
    let element =
      switch (distribution, type.dtype) {
      case (.uniform, .f32): philox.uniformSingle
      case (.uniform, _): philox.uniformDouble
      case (.normal, .f32): philox.normalSingle
      case (.normal, _): philox.normalDouble
      }
    return (0..<type.shape.count).map(element)
  }

  public static let catalog = RandomDistribution.allCases.map { distribution in
    OpEntry(
      "random_\(distribution.rawValue)", distribution.summary,
      gradient: "0: random numbers depend on nothing continuous",
      samples: { distribution.samples },
      make: { reader throws(OpError) in
        let dtype = try reader.dtype("dtype")
        let shape = reader.has("shape") ? try Shape(reader.ints("shape")) : nil
        return try Random(distribution, dtype, shape, stream: reader.int("stream"))
      })
  }
}

extension RandomDistribution {
  fileprivate var summary: String {
    switch self {
    case .uniform: "random numbers, uniform in [0, 1)"
    case .normal: "random numbers, normal with mean 0 and variance 1"
    }
  }

  fileprivate var samples: [OpSample] {
    let key = OpSample.Operand(.i64, [2], values: [7, 3])
    let shapes: [Shape] = [[], [1], [7], [3, 5], [0, 2], [2, 3, 5], [2050]]
    let keys: [[Double]] = [[0, 0], [-1, -1], [0x1_2345_6789, 0x1_0000_0002]]
    return [DType.f32, .f64].flatMap { dtype in
      let given = shapes.map { sample(Random(self, dtype, $0, stream: 1), [key]) }
      let lent = shapes.map {
        sample(Random(self, dtype, nil, stream: 2), [key, .init(.f32, $0)])
      }
      let keyed = keys.map {
        let op = Random(self, dtype, [9], stream: Int(UInt32.max))
        return sample(op, [.init(.i64, [2], values: $0)])
      }
      return given + lent + keyed
    }
  }

  /// Uniform bits agree; normal ones are as exact as the logarithm and the cosine.
  private func sample(_ op: Random, _ operands: [OpSample.Operand]) -> OpSample {
    OpSample(op, operands, gradient: false, second: false, elementwise: self == .uniform)
  }
}

extension GraphBuilder {
  /// Uniform in [0, 1), a new stream of `key`, shaped as `like`.
  public func randomUniform(
    key: Value, like: Value, dtype: DType = .f32, stream: Int? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    random(.uniform, key, dtype, nil, like, stream, file, line)
  }

  /// Normal with mean 0 and variance 1, a new stream of `key`, shaped as `like`.
  public func randomNormal(
    key: Value, like: Value, dtype: DType = .f32, stream: Int? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    random(.normal, key, dtype, nil, like, stream, file, line)
  }

  /// Uniform in [0, 1), a new stream of `key`, of a given shape.
  public func randomUniform(
    key: Value, shape: Shape, dtype: DType = .f32, stream: Int? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    random(.uniform, key, dtype, shape, nil, stream, file, line)
  }

  /// Normal with mean 0 and variance 1, a new stream of `key`, of a given shape.
  public func randomNormal(
    key: Value, shape: Shape, dtype: DType = .f32, stream: Int? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    random(.normal, key, dtype, shape, nil, stream, file, line)
  }

  private func random(
    _ distribution: RandomDistribution, _ key: Value, _ dtype: DType, _ shape: Shape?,
    _ like: Value?, _ stream: Int?, _ file: String, _ line: Int
  ) -> Value {
    let op = Random(distribution, dtype, shape, stream: stream ?? freeStream)
    return append(op, [key] + (like.map { [$0] } ?? []), at: SourceLocation(file: file, line: line))
  }
}

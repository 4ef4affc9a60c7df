/// A value around the operand and between its elements.
public struct Pad: Op {
  /// Elements before the operand's first, one entry an axis.
  public let low: [Int]
  /// Elements after the operand's last.
  public let high: [Int]
  /// Elements between each two of the operand's.
  public let interior: [Int]
  public let value: Double

  public init(low: [Int], high: [Int], interior: [Int], value: Double = 0) {
    self.low = low
    self.high = high
    self.interior = interior
    self.value = value
  }

  public var name: String { "pad" }
  public var attributes: [Attribute] {
    [
      Attribute("low", .ints(low)), Attribute("high", .ints(high)),
      Attribute("interior", .ints(interior)), Attribute("value", .double(value)),
    ]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    let rank = operand.shape.rank
    guard [low.count, high.count, interior.count].allSatisfy({ $0 == rank }) else {
      throw OpError("needs one low, high and interior an axis of \(operand)")
    }
    let limit = 0...Shape.maximumCount
    guard (low + high + interior).allSatisfy(limit.contains) else {
      throw OpError("pads must be 0 or more and within the limits")
    }
    let dims = try operand.shape.dims.enumerated().map { axis, size throws(OpError) in
      let (spread, overflow) = Swift.max(0, size - 1).multipliedReportingOverflow(
        by: interior[axis] + 1)
      guard !overflow, spread <= Shape.maximumCount else {
        throw OpError("interior \(interior[axis]) spreads \(operand) beyond the limits")
      }
      return low[axis] + high[axis] + (size == 0 ? 0 : spread + 1)
    }
    return TensorType(operand.dtype, try Shape(dims).checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let shape = context.operands[0].shape
    let steps = interior.map { $0 + 1 }
    let ends = shape.dims.indices.map { axis in
      shape[axis] == 0 ? low[axis] : low[axis] + (shape[axis] - 1) * steps[axis] + 1
    }
    let axes = Array(shape.dims.indices)
    return [.value(context.gradient.slice(axes: axes, from: low, to: ends, step: steps))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .pad(low: low, interior: interior, value: value)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let fill = Tensor(TensorType(type.dtype, .scalar), doubles: [value]).doubles[0]
    var result = [Double](repeating: fill, count: type.shape.count)
    let strides = type.shape.strides
    var element = 0
    operands[0].shape.forEachPlace { place in
      let offset = place.indices.reduce(0) { sum, axis in
        sum + (low[axis] + place[axis] * (interior[axis] + 1)) * strides[axis]
      }
      result[offset] = operands[0].values[element]
      element += 1
    }
    return result
  }

  public static let catalog = [
    OpEntry(
      "pad", "a value around and between elements", gradient: "g sliced", samples: { samples },
      make: { reader throws(OpError) in
        let low = try reader.ints("low")
        let high = try reader.ints("high")
        let interior = try reader.ints("interior")
        return try Pad(low: low, high: high, interior: interior, value: reader.double("value"))
      })
  ]

  private static var samples: [OpSample] {
    let cases: [(Shape, [Int], [Int], [Int], Double)] = [
      ([], [], [], [], 0), ([4], [1], [2], [0], 0), ([4], [0], [0], [2], 1),
      ([3, 5], [1, 0], [0, 2], [0, 0], 1), ([3, 5], [0, 3], [1, 0], [1, 2], 0),
      ([2, 3, 4], [1, 0, 2], [0, 1, 0], [0, 3, 1], 0), ([0, 3], [2, 1], [1, 0], [4, 0], 1),
      ([1, 1], [0, 0], [0, 0], [5, 5], 0),
      ([2, 3, 4, 2], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], 0),
      ([31, 65], [1, 2], [2, 3], [0, 0], 0),
    ]
    let moved = DType.allCases.flatMap { dtype in
      cases.map { shape, low, high, interior, value in
        OpSample(
          Pad(low: low, high: high, interior: interior, value: value),
          [.init(dtype, shape, in: dtype.sampleRange)], gradient: dtype.isFloat,
          second: dtype.isFloat, elementwise: true)
      }
    }
    let masked = OpSample(
      Pad(low: [1], high: [0], interior: [0], value: -.infinity), [.init(.f32, [3])],
      gradient: false, second: false, elementwise: true)
    return moved + [masked]
  }
}

extension Value {
  /// `value` before, after and between the elements of each axis, one entry an axis.
  public func pad(
    low: [Int], high: [Int], interior: [Int]? = nil, value: Double = 0, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    let interior = interior ?? low.map { _ in 0 }
    return append(Pad(low: low, high: high, interior: interior, value: value), [], file, line)
  }
}

/// One case of an op's tests: the op, its operands' types and where their elements are drawn from.
public struct OpSample: Sendable {
  public struct Operand: Sendable {
    public let type: TensorType
    /// Elements are drawn from here (integers: whole numbers, both ends included)...
    public let range: ClosedRange<Double>
    /// ... unless they are given.
    public let values: [Double]?

    public init(_ dtype: DType, _ shape: Shape, in range: ClosedRange<Double> = -2...2) {
      type = TensorType(dtype, shape)
      self.range = range
      values = nil
    }

    public init(_ dtype: DType, _ shape: Shape, values: [Double]) {
      type = TensorType(dtype, shape)
      range = 0...0
      self.values = values
    }

    /// The elements for `seed`, each one that the element type holds.
    public func draw(seed: Int) -> ReferenceTensor {
      let philox = Philox(seed: Int64(seed), step: 0, stream: 0)
      let width = range.upperBound - range.lowerBound
      let drawn = (0..<type.shape.count).map { index in
        let unit = philox.uniformDouble(index)
        return type.dtype.isFloat
          ? range.lowerBound + unit * width
          : (range.lowerBound + unit * (width + 1)).rounded(.down)
      }
      return ReferenceTensor(type, Tensor(type, doubles: values ?? drawn).doubles)
    }
  }

  public let op: any Op
  public let operands: [Operand]
  /// Whether central differences make sense: the op is differentiable where the sample draws.
  public let checksGradient: Bool
  /// Whether the gradient's gradient is checked too.
  public let checksSecond: Bool
  /// Whether compiled results must agree with the reference within ulps (an elementwise op), not
  /// only relative to the terms added up.
  public let isElementwise: Bool

  /// Elements of every operand, other ones for every operand.
  public func draw(seed: Int) -> [ReferenceTensor] {
    operands.enumerated().map { $1.draw(seed: seed &+ $0 &* 1009) }
  }

  /// The sample as a failing test prints it.
  public var label: String {
    let attributes = op.attributes.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
    let types = operands.map(\.type.description).joined(separator: ", ")
    return "\(op.name)(\(attributes)) of \(types)"
  }

  public init(
    _ op: any Op, _ operands: [Operand], gradient: Bool = true, second: Bool = true,
    elementwise: Bool = false
  ) {
    self.op = op
    self.operands = operands
    checksGradient = gradient
    checksSecond = second
    isElementwise = elementwise
  }
}

extension ElementwiseFunction {
  /// Dense, broadcast and scalar operands, of every element type the row takes.
  var samples: [OpSample] {
    let defaults: [String: Double] = ["slope": 0.01, "alpha": 1.3, "low": -1, "high": 1.5]
    let op = Elementwise(name, parameters.map { defaults[$0, default: 0] })
    let shapes: [[Shape]] =
      switch arity {
      case 1: [[[3, 5]], [[]], [[2, 0]], [[1030]]]
      case 2:
        [
          [[3, 5], [3, 5]], [[3, 5], [5]], [[4, 1], [1, 6]], [[], [7]], [[2, 3, 1], [3, 4]],
        ]
      default: [[[3, 5], [3, 5], [3, 5]], [[4, 1], [], [1, 6]]]
      }
    let dtypes: [DType] =
      switch typing {
      case .float, .test: [.f32, .f64]
      case .numeric: [.f32, .f64, .i32, .i64]
      case .comparison, .select, .any: [.f32, .f64, .i32, .i64, .bool]
      case .logic: [.bool]
      case .bits: [.i32, .i64, .u8]
      }
    return dtypes.flatMap { dtype in
      shapes.map { shapes in
        let operands = zip(shapes, domain).enumerated().map { place, operand in
          let (shape, range) = operand
          let own = typing == .select && place == 0 ? DType.bool : dtype
          let drawn = dtype == .u8 ? Swift.max(0, range.lowerBound)...range.upperBound : range
          return OpSample.Operand(own, shape, in: own == .bool ? 0...1 : drawn)
        }
        let flows = dtype.isFloat && isDifferentiated && !formula.hasPrefix("0:")
        return OpSample(
          op, operands, gradient: flows, second: flows, elementwise: true)
      }
    }
  }
}

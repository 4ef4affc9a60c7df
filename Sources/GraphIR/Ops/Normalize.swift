/// (x - mean) / sqrt(variance + epsilon) over the last axis.
///
/// An op of its own because in plain ones a row is read and written a dozen times.
public struct Normalize: Op {
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  /// Rows longer than this are computed by plain ops, piece by piece.
  public static let longestRow = 4096

  public var name: String { "normalize" }
  public var attributes: [Attribute] { [Attribute("epsilon", .double(epsilon))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let x = try operands.single()
    try x.dtype.expectFloat()
    try x.shape.expect(axis: x.shape.rank - 1)
    return x
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let x = context.operands[0]
    return [.value(x.apply(NormalizeGradient(epsilon: epsilon), context.gradient))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .rows("normalize", parameters: [epsilon])
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    operands[0].rows.flatMap { row in
      let (centered, scale) = Normalize.centered(row, epsilon)
      return centered.map { $0 * scale }
    }
  }

  /// A row without its mean, and 1 / sqrt(variance + epsilon).
  static func centered(_ row: ArraySlice<Double>, _ epsilon: Double) -> ([Double], Double) {
    let mean = row.reduce(0, +) / Double(row.count)
    let centered = row.map { $0 - mean }
    let variance = centered.reduce(0) { $0 + $1 * $1 } / Double(row.count)
    return (centered, 1 / (variance + epsilon).squareRoot())
  }

  public static let catalog = [
    OpEntry(
      "normalize", "rows of mean 0 and variance 1, over the last axis",
      gradient: "normalize_gradient of x and g",
      samples: {
        [DType.f32, .f64].flatMap { dtype in
          shapes.map { OpSample(Normalize(epsilon: 0.01), [.init(dtype, $0)]) }
        }
      },
      make: { reader throws(OpError) in try Normalize(epsilon: reader.double("epsilon")) })
  ]

  static let shapes: [Shape] = [
    [7], [3, 5], [2, 3, 17], [1, 1], [0, 4], [5, 256], [2, 300], [2, longestRow + 10],
  ]
}

/// The gradient of `normalize`: (g - mean(g) - y mean(g y)) / sqrt(variance + epsilon), where y is
/// normalize's result; operands x and g.
public struct NormalizeGradient: Op {
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  public var name: String { "normalize_gradient" }
  public var attributes: [Attribute] { [Attribute("epsilon", .double(epsilon))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let type = try Normalize(epsilon: epsilon).resultType([operands[0]])
    guard operands[1] == type else { throw OpError("g must be \(type), not \(operands[1])") }
    return type
  }

  /// That of the same made of plain ops.
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (x, g) = (context.operands[0].leaf, context.operands[1].leaf)
    let plain = x.plainNormalizeGradient(g, epsilon: epsilon)
    return x.builder.gradients(of: plain, withRespectTo: [x, g], seed: context.gradient)
      .map(Gradient.value)
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .rows("normalize_gradient", parameters: [epsilon])
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    zip(operands[0].rows, operands[1].rows).flatMap { row, g in
      let (centered, scale) = Normalize.centered(row, epsilon)
      let count = Double(row.count)
      let mean = g.reduce(0, +) / count
      let share = zip(g, centered).reduce(0) { $0 + $1.0 * $1.1 } * scale * scale / count
      return zip(g, centered).map { ($0 - mean - $1 * share) * scale }
    }
  }

  public static let catalog = [
    OpEntry(
      "normalize_gradient", "the gradient of normalize's operand, from x and g",
      gradient: "that of the same made of plain ops",
      samples: {
        [DType.f32, .f64].flatMap { dtype in
          Normalize.shapes.map { shape in
            OpSample(
              NormalizeGradient(epsilon: 0.01), [.init(dtype, shape), .init(dtype, shape)],
              second: shape.count < 100)
          }
        }
      },
      make: { reader throws(OpError) in
        try NormalizeGradient(epsilon: reader.double("epsilon"))
      })
  ]
}

extension Value {
  /// The last axis to mean 0 and variance 1: (x - mean) / sqrt(variance + epsilon).
  public func normalized(
    epsilon: Double = 1e-5, file: String = #fileID, line: Int = #line
  ) -> Value {
    append(Normalize(epsilon: epsilon), [], file, line)
  }

  /// `normalize` made of plain ops.
  func plainNormalize(epsilon: Double) -> Value {
    let centered = self - mean(axes: [-1], keepDims: true)
    let variance = centered.squared().mean(axes: [-1], keepDims: true)
    return centered * (variance + epsilon).rsqrt()
  }

  /// `normalize_gradient` made of plain ops.
  func plainNormalizeGradient(_ g: Value, epsilon: Double) -> Value {
    let centered = self - mean(axes: [-1], keepDims: true)
    let scale = (centered.squared().mean(axes: [-1], keepDims: true) + epsilon).rsqrt()
    let y = centered * scale
    let mean = g.mean(axes: [-1], keepDims: true)
    let share = (g * y).mean(axes: [-1], keepDims: true)
    return (g - mean - y * share) * scale
  }
}

extension ReferenceTensor {
  /// The runs of elements along the last axis.
  fileprivate var rows: [ArraySlice<Double>] {
    let length = shape.dims.last ?? 1
    guard length > 0 else { return [] }
    return stride(from: 0, to: values.count, by: length).map { values[$0..<$0 + length] }
  }
}

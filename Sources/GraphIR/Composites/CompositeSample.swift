/// One case of a composite's tests: operands, and the function of them that is built.
public struct CompositeSample: Sendable {
  public let name: String
  public let operands: [OpSample.Operand]
  /// Whether central differences make sense, for the float operands.
  public let checksGradient: Bool
  /// Whether the gradient's gradient is checked too.
  public let checksSecond: Bool
  public let build: @Sendable ([Value]) -> Value

  public init(
    _ name: String, _ operands: [OpSample.Operand], gradient: Bool = true, second: Bool = true,
    build: @escaping @Sendable ([Value]) -> Value
  ) {
    self.name = name
    self.operands = operands
    checksGradient = gradient
    checksSecond = second
    self.build = build
  }

  /// Every composite there is, on the shapes that matter to it.
  public static let table: [CompositeSample] =
    normalizing + losses + statistics + indexing + indexed + attention + images

  private static let normalizing: [CompositeSample] = {
    let cases: [(Shape, Int)] = [
      ([5], 0), ([3, 7], -1), ([3, 7], 0), ([2, 3, 4], 1), ([0, 3], -1), ([1, 1], -1),
      ([3, 130], 1),
    ]
    return [DType.f32, .f64].flatMap { dtype in
      cases.flatMap { shape, axis in
        let x = OpSample.Operand(dtype, shape)
        return [
          CompositeSample("logSumExp", [x]) { $0[0].logSumExp(axis: axis) },
          CompositeSample("logSumExp kept", [x]) { $0[0].logSumExp(axis: axis, keepDims: true) },
          CompositeSample("softmax", [x]) { $0[0].softmax(axis: axis) },
          CompositeSample("logSoftmax", [x]) { $0[0].logSoftmax(axis: axis) },
        ]
      }
    }
  }()

  private static let losses: [CompositeSample] = LossReduction.allCases.flatMap { reduction in
    let shapes: [Shape] = [[4], [3, 5], [2, 3, 4]]
    return shapes.flatMap { shape in
      let x = OpSample.Operand(.f32, shape)
      let labels = OpSample.Operand(.i64, Shape(shape.dims.dropLast()), in: 0...3)
      return [
        CompositeSample("meanSquaredError", [x, x]) {
          $0[0].meanSquaredError($0[1], reduction: reduction)
        },
        CompositeSample("meanAbsoluteError", [x, x]) {
          $0[0].meanAbsoluteError($0[1], reduction: reduction)
        },
        CompositeSample("binaryCrossEntropyWithLogits", [x, .init(.f32, shape, in: 0...1)]) {
          $0[0].binaryCrossEntropyWithLogits($0[1], reduction: reduction)
        },
        CompositeSample("crossEntropy", [x, labels]) {
          $0[0].crossEntropy(labels: $0[1], reduction: reduction)
        },
        CompositeSample("crossEntropy ignoring", [x, labels]) {
          $0[0].crossEntropy(labels: $0[1], ignoring: 2, reduction: reduction)
        },
      ]
    }
  }

  private static let statistics: [CompositeSample] = [
    CompositeSample("variance", [.init(.f32, [3, 7])]) { $0[0].variance(axes: [1]) },
    CompositeSample("variance kept", [.init(.f64, [3, 7])]) {
      $0[0].variance(axes: [0], keepDims: true, correction: 1)
    },
    CompositeSample("variance of all", [.init(.f32, [2, 3, 4])]) { $0[0].variance() },
    CompositeSample("vectorNorm", [.init(.f32, [3, 7])]) { $0[0].vectorNorm(axes: [-1]) },
    CompositeSample("vectorNorm of all", [.init(.f64, [2, 3, 4])]) { $0[0].vectorNorm() },
    CompositeSample("dropout", [.init(.f32, [3, 50]), .init(.i64, [2], values: [5, 9])]) {
      $0[0].dropout(0.3, key: $0[1])
    },
    CompositeSample("dropout off", [.init(.f32, [3]), .init(.i64, [2], values: [5, 9])]) {
      $0[0].dropout(0, key: $0[1]) * 2
    },
  ]

  private static let indexing: [CompositeSample] = [
    CompositeSample("oneHot", [.init(.i32, [6], in: 0...4)], gradient: false) { $0[0].oneHot(5) },
    CompositeSample("oneHot of i64", [.init(.i64, [2, 3], in: -1...4)], gradient: false) {
      $0[0].oneHot(4, dtype: .f64)
    },
    CompositeSample("matmul of vectors", [.init(.f32, [5]), .init(.f32, [5])]) {
      $0[0].matmul($0[1])
    },
    CompositeSample("matmul of a vector", [.init(.f32, [5]), .init(.f32, [2, 5, 3])]) {
      $0[0].matmul($0[1])
    },
    CompositeSample("stack", [.init(.f32, [2, 3]), .init(.f32, [2, 3])]) { stack($0, axis: -1) },
    CompositeSample("split", [.init(.f32, [2, 6])]) {
      let parts = $0[0].split(sizes: [1, 2, 3], axis: 1)
      return parts[2].sum(axes: [1], keepDims: true) * parts[1] + parts[0]
    },
  ]
}

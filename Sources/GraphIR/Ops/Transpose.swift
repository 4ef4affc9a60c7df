/// The axes in another order: axis i of the result is axis permutation[i] of the operand.
public struct Transpose: Op {
  public let permutation: [Int]

  public init(_ permutation: [Int]) { self.permutation = permutation }

  public var name: String { "transpose" }
  public var attributes: [Attribute] { [Attribute("permutation", .ints(permutation))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    guard permutation.sorted() == Array(operand.shape.dims.indices) else {
      throw OpError("\(Shape(permutation)) is no order of the axes of \(operand)")
    }
    return TensorType(operand.dtype, Shape(permutation.map { operand.shape[$0] }))
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    var inverse = permutation
    for (axis, source) in permutation.enumerated() { inverse[source] = axis }
    return [.value(context.gradient.transpose(inverse))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    let strides = operands[0].shape.strides
    return .view(ViewMap(offset: 0, strides: permutation.map { strides[$0] }))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    var source = permutation
    return operands[0].elements(type.shape) { place in
      for axis in place.indices { source[permutation[axis]] = place[axis] }
      return source
    }
  }

  public static let catalog = [
    OpEntry(
      "transpose", "the axes in another order", gradient: "g transposed back",
      samples: {
        let cases: [(Shape, [Int])] = [
          ([], []), ([5], [0]), ([3, 5], [1, 0]), ([3, 5], [0, 1]), ([2, 3, 4], [2, 0, 1]),
          ([2, 3, 4], [0, 2, 1]), ([2, 3, 4, 5], [0, 2, 1, 3]), ([2, 3, 4, 5], [3, 1, 0, 2]),
          ([0, 3], [1, 0]), ([1, 4], [1, 0]), ([33, 67], [1, 0]),
        ]
        return DType.allCases.flatMap { dtype in
          cases.map { shape, permutation in
            OpSample(
              Transpose(permutation), [.init(dtype, shape, in: dtype.sampleRange)],
              gradient: dtype.isFloat, second: dtype.isFloat, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Transpose(reader.ints("permutation")) })
  ]
}

extension Value {
  /// The axes in the order `permutation`; negative ones count from the end.
  public func transpose(
    _ permutation: [Int], file: String = #fileID, line: Int = #line
  ) -> Value {
    append(Transpose(permutation.map(counted)), [], file, line)
  }

  /// The last two axes exchanged.
  public func transposed(file: String = #fileID, line: Int = #line) -> Value {
    swapAxes(-2, -1, file: file, line: line)
  }

  /// Axes `a` and `b` exchanged.
  public func swapAxes(
    _ a: Int, _ b: Int, file: String = #fileID, line: Int = #line
  ) -> Value {
    guard let a = existing(a, "swapAxes", file, line), let b = existing(b, "swapAxes", file, line)
    else { return failed("", file, line) }
    var permutation = Array(shape.dims.indices)
    permutation.swapAt(a, b)
    return transpose(permutation, file: file, line: line)
  }
}

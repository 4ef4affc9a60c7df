/// Axes of size 1 repeated, and new axes in front, to exactly a given shape.
public struct Broadcast: Op {
  public let shape: Shape

  public init(_ shape: Shape) { self.shape = shape }

  public var name: String { "broadcast" }
  public var attributes: [Attribute] { [Attribute("shape", .ints(shape.dims))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    _ = try shape.checked()
    guard Shape.broadcast(operand.shape, shape) == shape else {
      throw OpError("\(operand) does not broadcast to \(shape)")
    }
    return TensorType(operand.dtype, shape)
  }

  public func gradient(_ context: GradientContext) -> [Gradient] { [.value(context.gradient)] }

  public func computation(_ operands: [TensorType]) -> Computation {
    let own = operands[0].shape
    let lead = shape.rank - own.rank
    let strides = shape.dims.indices.map { axis in
      axis < lead || own[axis - lead] == 1 ? 0 : own.strides[axis - lead]
    }
    return .view(ViewMap(offset: 0, strides: strides))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let own = operands[0].shape
    return operands[0].elements(type.shape) { place in
      zip(place.suffix(own.rank), own.dims).map { $1 == 1 ? 0 : $0 }
    }
  }

  public static let catalog = [
    OpEntry(
      "broadcast", "repeated along axes of size 1 and new axes", gradient: "g summed back",
      samples: {
        let cases: [(Shape, Shape)] = [
          ([], []), ([], [4]), ([], [2, 3]), ([3], [3]), ([3], [2, 3]), ([2, 1], [2, 5]),
          ([1, 3], [4, 3]), ([2, 1, 3], [2, 4, 3]), ([3, 1], [2, 3, 4]), ([1], [0]),
          ([0, 1], [0, 3]), ([1, 1], [1, 1]), ([4, 1, 1, 2], [4, 3, 2, 2]), ([1, 33], [65, 33]),
        ]
        return DType.allCases.flatMap { dtype in
          cases.map { shape, target in
            OpSample(
              Broadcast(target), [.init(dtype, shape, in: dtype.sampleRange)],
              gradient: dtype.isFloat, second: dtype.isFloat, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Broadcast(Shape(reader.ints("shape"))) })
  ]
}

extension Value {
  /// Repeated along axes of size 1 and new axes in front, to exactly `shape`.
  public func broadcast(
    to shape: Shape, file: String = #fileID, line: Int = #line
  ) -> Value {
    if isValid, shape == self.shape { return self }
    return append(Broadcast(shape), [], file, line)
  }
}

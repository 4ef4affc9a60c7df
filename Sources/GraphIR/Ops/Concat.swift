/// The operands one after another along an axis.
public struct Concat: Op {
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public var name: String { "concat" }
  public var attributes: [Attribute] { [Attribute("axis", .int(axis))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    guard let first = operands.first else { throw OpError("takes 1 operand or more, not 0") }
    try first.shape.expect(axis: axis)
    var size = 0
    for operand in operands {
      try first.dtype.expectSame(operand.dtype)
      var other = operand.shape
      guard other.rank == first.shape.rank else {
        throw OpError("ranks differ: \(first) and \(operand)")
      }
      size += other[axis]
      other[axis] = first.shape[axis]
      guard other == first.shape else {
        throw OpError("sizes differ off axis \(axis): \(first) and \(operand)")
      }
    }
    var shape = first.shape
    shape[axis] = size
    return TensorType(first.dtype, try shape.checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    var start = 0
    return context.operands.map { operand in
      let end = start + operand.shape[axis]
      defer { start = end }
      return .value(context.gradient.slice(axis, from: start, to: end))
    }
  }

  public func computation(_ operands: [TensorType]) -> Computation { .concatenate(axis: axis) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let outer = type.shape.dims.prefix(axis).reduce(1, *)
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    return (0..<outer).flatMap { row in
      operands.flatMap { operand in
        let length = operand.shape[axis] * inner
        return operand.values[row * length..<(row + 1) * length]
      }
    }
  }

  public static let catalog = [
    OpEntry(
      "concat", "operands one after another along an axis", gradient: "slices of g",
      samples: {
        let cases: [([Shape], Int)] = [
          ([[3], [2]], 0), ([[2, 3], [4, 3]], 0), ([[2, 3], [2, 1], [2, 4]], 1), ([[2, 3]], 1),
          ([[2, 3, 2], [2, 1, 2]], 1), ([[0, 3], [2, 3]], 0), ([[2, 0], [2, 0]], 1),
          ([[1, 2, 3, 4], [1, 2, 2, 4]], 2), ([[33, 31], [33, 64]], 1),
        ]
        return DType.allCases.flatMap { dtype in
          cases.map { shapes, axis in
            OpSample(
              Concat(axis: axis), shapes.map { .init(dtype, $0, in: dtype.sampleRange) },
              gradient: dtype.isFloat, second: dtype.isFloat, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Concat(axis: reader.int("axis")) })
  ]
}

/// The values one after another along `axis`, sizes equal on every other axis. `values` must not
/// be empty.
public func concat(
  _ values: [Value], axis: Int, file: String = #fileID, line: Int = #line
) -> Value {
  precondition(!values.isEmpty, "concat: no values")
  let first = values[0]
  return first.append(Concat(axis: first.counted(axis)), Array(values.dropFirst()), file, line)
}

/// The values one after another along a new axis. `values` must not be empty.
public func stack(
  _ values: [Value], axis: Int = 0, file: String = #fileID, line: Int = #line
) -> Value {
  precondition(!values.isEmpty, "stack: no values")
  let place = axis < 0 ? axis + values[0].shape.rank + 1 : axis
  let parts = values.map { $0.expandDims(place, file: file, line: line) }
  return concat(parts, axis: place, file: file, line: line)
}

extension Value {
  /// Consecutive pieces of these sizes along `axis`, which they must fill.
  public func split(
    sizes: [Int], axis: Int, file: String = #fileID, line: Int = #line
  ) -> [Value] {
    guard let axis = existing(axis, "split", file, line) else {
      return sizes.map { _ in failed("", file, line) }
    }
    let size = shape[axis]
    guard sizes.allSatisfy((0...size).contains), sizes.reduce(0, +) == size else {
      let message = "split: sizes \(Shape(sizes)) do not fill axis \(axis) of \(type)"
      return sizes.map { _ in failed(message, file, line) }
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(axis, from: start, to: start + size, file: file, line: line)
    }
  }

  /// `parts` pieces of one size along `axis`.
  public func split(
    parts: Int, axis: Int, file: String = #fileID, line: Int = #line
  ) -> [Value] {
    guard parts > 0 else { return [] }
    let size = existing(axis, "split", file, line).map { shape[$0] } ?? 0
    guard size % parts == 0 else {
      let message = "split: axis \(axis) of \(type) has no \(parts) equal parts"
      return (0..<parts).map { _ in failed(message, file, line) }
    }
    return split(
      sizes: Array(repeating: size / parts, count: parts), axis: axis, file: file, line: line)
  }
}

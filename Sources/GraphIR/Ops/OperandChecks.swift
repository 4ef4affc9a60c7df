// What result type rules ask of operands and attributes, each with its one message.

extension [TensorType] {
  /// The only operand.
  func single() throws(OpError) -> TensorType {
    guard count == 1 else { throw OpError("takes 1 operand, not \(count)") }
    return self[0]
  }

  /// Throws unless there are `expected` operands.
  func expect(_ expected: Int) throws(OpError) {
    guard count == expected else { throw OpError("takes \(expected) operands, not \(count)") }
  }
}

extension DType {
  /// Throws unless sums and products of this type are defined.
  func expectArithmetic() throws(OpError) {
    guard isNumeric, self != .u8 else {
      throw OpError("takes numbers, not \(rawValue); cast it")
    }
  }

  func expectFloat() throws(OpError) {
    guard isFloat else { throw OpError("takes f32 or f64, not \(rawValue)") }
  }

  func expectIndex() throws(OpError) {
    guard self == .i32 || self == .i64 else {
      throw OpError("indices must be i32 or i64, not \(rawValue)")
    }
  }

  /// Throws unless both operands have one element type.
  func expectSame(_ other: DType) throws(OpError) {
    guard self == other else {
      throw OpError(
        "operands must have one element type, not \(rawValue), \(other.rawValue); cast one")
    }
  }
}

extension Shape {
  /// This shape, if it is within the limits.
  func checked() throws(OpError) -> Shape {
    guard isValid else { throw OpError("shape \(self) is outside the limits") }
    return self
  }

  func expect(axis: Int) throws(OpError) {
    guard dims.indices.contains(axis) else {
      throw OpError("axis \(axis) is not an axis of shape \(self)")
    }
  }

  /// Throws unless `axes` are axes, in ascending order, none twice.
  func expect(axes: [Int]) throws(OpError) {
    for axis in axes { try expect(axis: axis) }
    guard zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw OpError("axes \(Shape(axes)) must ascend, none twice")
    }
  }

  /// Calls `body` with the coordinates of every element, in row-major order.
  func forEachPlace(_ body: (_ place: [Int]) -> Void) {
    var place = [Int](repeating: 0, count: rank)
    for _ in 0..<count {
      body(place)
      var axis = rank - 1
      while axis >= 0 {
        place[axis] += 1
        if place[axis] < dims[axis] { break }
        place[axis] = 0
        axis -= 1
      }
    }
  }
}

extension ReferenceTensor {
  /// A tensor of `shape` whose elements are those of this one at the coordinates `source` gives.
  func elements(_ shape: Shape, from source: (_ place: [Int]) -> [Int]) -> [Double] {
    let strides = self.shape.strides
    var result: [Double] = []
    result.reserveCapacity(shape.count)
    shape.forEachPlace { place in
      result.append(values[zip(source(place), strides).reduce(0) { $0 + $1.0 * $1.1 }])
    }
    return result
  }
}

extension Value {
  /// An axis counted from the end where it is negative. Nothing is checked: the op does.
  func counted(_ axis: Int) -> Int { axis < 0 ? axis + shape.rank : axis }

  /// The axis counted from the front, or nil (and the builder has failed) if there is no such axis.
  func existing(_ axis: Int, _ action: String, _ file: String, _ line: Int) -> Int? {
    guard isValid else { return nil }
    let counted = counted(axis)
    if shape.dims.indices.contains(counted) { return counted }
    _ = builder.fail(
      "\(action): axis \(axis) is not an axis of \(builder.graph.describe(id))",
      at: SourceLocation(file: file, line: line))
    return nil
  }

  /// Applies an op to this value and others, at a line of the user's program.
  func append(_ op: any Op, _ others: [Value] = [], _ file: String, _ line: Int) -> Value {
    builder.append(op, [self] + others, at: SourceLocation(file: file, line: line))
  }

  /// What follows a mistake which is the caller's.
  func failed(_ message: String, _ file: String, _ line: Int) -> Value {
    isValid ? builder.fail(message, at: SourceLocation(file: file, line: line)) : self
  }
}

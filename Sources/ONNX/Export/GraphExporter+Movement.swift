import GraphIR

extension GraphExporter {
  mutating func reshape(_ name: String, _ dims: [Int], isResult: Bool = false) -> String {
    // Without the flag a 0 would mean the operand's size.
    emit("Reshape", [name, ints(dims)], [.int("allowzero", 1)], isResult: isResult)
  }

  mutating func transpose(
    _ name: String, _ permutation: [Int], isResult: Bool = false
  ) -> String {
    emit("Transpose", [name], [.ints("perm", permutation)], isResult: isResult)
  }

  mutating func slice(_ op: StridedSlice) -> String {
    // A scalar has nothing to slice, and runtimes refuse to.
    guard !op.axes.isEmpty else { return emit("Identity", [operand(0)], isResult: true) }
    let ranges = [op.starts, op.ends, op.axes, op.steps].map { ints($0) }
    return emit("Slice", [operand(0)] + ranges, isResult: true)
  }

  /// Elements between others come from rows of an axis of its own behind each.
  mutating func pad(_ op: Pad) -> String {
    let dims = operandType(0).shape.dims
    guard !dims.isEmpty else { return emit("Identity", [operand(0)], isResult: true) }
    let interior = zip(dims, op.interior).map { size, count in size > 1 ? count : 0 }
    // Few pad bools.
    let isBool = type.dtype == .bool
    let value = scalar(op.value, isBool ? .i32 : type.dtype)
    var x = isBool ? cast(operand(0), to: .int32) : operand(0)
    if interior.contains(where: { $0 > 0 }) {
      let apart = reshape(x, dims.flatMap { [$0, 1] })
      let high = interior.flatMap { [0, $0] }
      let spread = emit("Pad", [apart, ints(high.map { _ in 0 } + high), value])
      let joined = reshape(spread, zip(dims, interior).map { $0 * ($1 + 1) })
      // Behind the last element there are some, too.
      let ends = zip(dims, interior).map { $0 * ($1 + 1) - $1 }
      x = emit("Slice", [joined, ints(ends.map { _ in 0 }), ints(ends)])
    }
    let padded = emit("Pad", [x, ints(op.low + op.high), value], isResult: !isBool)
    return isBool ? cast(padded, to: .bool, isResult: true) : padded
  }

  mutating func repeated(_ op: Repeat) -> String {
    let dims = operandType(0).shape.dims
    var counts = dims.map { _ in 1 }
    for (axis, count) in zip(op.axes, op.counts) { counts[axis] = count }
    let apart = reshape(operand(0), dims.flatMap { [$0, 1] })
    let shape = ints(zip(dims, counts).flatMap { [$0, $1] })
    return reshape(emit("Expand", [apart, shape]), type.shape.dims, isResult: true)
  }

  mutating func iota(_ op: Iota) -> String {
    let size = op.type.shape[op.axis]
    let row = Tensor(TensorType(op.type.dtype, [size]), doubles: (0..<size).map { Double($0) })
    let place = op.type.shape.dims.indices.map { $0 == op.axis ? size : 1 }
    let indices = constant(row.reshaped(Shape(place)))
    return emit("Expand", [indices, ints(op.type.shape.dims)], isResult: true)
  }

  mutating func random(_ op: Random) -> String {
    emit(
      op.distribution == .uniform ? "RandomUniform" : "RandomNormal", [],
      [
        .int("dtype", Int(ONNXElementType(storing: type.dtype).rawValue)),
        .ints("shape", type.shape.dims),
      ], isResult: true)
  }
}

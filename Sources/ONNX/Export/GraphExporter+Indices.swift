import GraphIR

extension GraphExporter {
  mutating func argReduce(_ op: ArgReduce) -> String {
    emit(
      op.reduction == .max ? "ArgMax" : "ArgMin", [operand(0)],
      [.int("axis", op.axis), .flag("keepdims", op.keep)], isResult: true)
  }

  /// Equal elements keep their order there, too.
  mutating func argSort(_ op: ArgSort) -> String {
    var x = operand(0)
    if [.bool, .u8].contains(operandType(0).dtype) { x = cast(x, to: .int32) }
    let count = ints([type.shape[op.axis]])
    return emit(
      "TopK", [x, count],
      [.int("axis", op.axis), .flag("largest", op.descending), .flag("sorted", true)], outputs: 2,
      isResult: true)[1]
  }

  mutating func runningSum(_ op: CumSum) -> String {
    let axis = constant(Tensor([Int64(op.axis)], shape: .scalar))
    return emit(
      "CumSum", [operand(0), axis],
      [.flag("exclusive", op.exclusive), .flag("reverse", op.reverse)], isResult: true)
  }

  /// The recurrence as a loop over the axis whose body is one step.
  mutating func linearScan(_ op: LinearScan) -> String {
    var row = type.shape
    row.dims.remove(at: op.axis)
    let step = TensorType(type.dtype, row)
    let start = emit("Expand", [scalar(0, type.dtype), ints(row.dims)])
    var body = GraphProto()
    body.name = "step"
    body.input = ["last", "a", "b"].map { ValueInfoProto($0, step) }
    body.output = ["y", "kept"].map { ValueInfoProto($0, step) }
    for (name, inputs, output) in [
      ("Mul", ["a", "last"], "scaled"), ("Add", ["scaled", "b"], "y"), ("Identity", ["y"], "kept"),
    ] {
      body.node.append(
        NodeProto.with {
          $0.opType = name
          $0.input = inputs
          $0.output = [output]
        })
    }
    let direction = op.reverse ? 1 : 0
    return emit(
      "Scan", [start, operand(0), operand(1)],
      [
        .graph("body", body), .int("num_scan_inputs", 2),
        .ints("scan_input_axes", [op.axis, op.axis]),
        .ints("scan_input_directions", [direction, direction]),
        .ints("scan_output_axes", [op.axis]), .ints("scan_output_directions", [direction]),
      ], outputs: 2, isResult: true)[1]
  }

  /// Indices outside are moved to the edge here, and are errors there.
  private mutating func indices(_ index: Int, size: Int) -> String {
    let type = operandType(index)
    if let known = graph[node.operands[index]].op as? Constant {
      let range = Double(-size)...Double(max(size - 1, 0))
      if known.tensor.doubles.allSatisfy(range.contains) { return operand(index) }
    }
    let bounds = [-size, size - 1].map { scalar(Double($0), type.dtype) }
    return emit("Clip", [operand(index)] + bounds)
  }

  mutating func gather(_ op: Gather) -> String {
    let indices = indices(1, size: operandType(0).shape[op.axis])
    return emit("Gather", [operand(0), indices], [.int("axis", op.axis)], isResult: true)
  }

  /// ONNX scatters along the first axis, at rows of indices.
  mutating func scatter(_ axis: Int, reduction: String) -> String {
    let (base, places) = (operandType(0).shape, operandType(1).shape)
    var indices = indices(1, size: base[axis])
    if operandType(1).dtype != .i64 { indices = cast(indices, to: .int64) }
    indices = reshape(indices, places.dims + [1])
    let attribute = AttributeProto.string("reduction", reduction)
    guard axis > 0 else {
      return emit("ScatterND", [operand(0), indices, operand(2)], [attribute], isResult: true)
    }
    let (before, after) = (Array(0..<axis), Array(axis + 1..<base.rank))
    let x = transpose(operand(0), [axis] + before + after)
    let moved = Array(axis..<axis + places.rank)
    let rest = Array(axis + places.rank..<operandType(2).shape.rank)
    let updates = transpose(operand(2), moved + before + rest)
    let y = emit("ScatterND", [x, indices, updates], [attribute])
    return transpose(y, Array(1...axis) + [0] + after, isResult: true)
  }
}

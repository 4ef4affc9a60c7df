import GraphIR

extension GraphExporter {
  mutating func product(_ op: MatMul) -> String {
    let operands = [(0, op.transposeA), (1, op.transposeB)].map { index, isTransposed in
      isTransposed ? swapped(index) : operand(index)
    }
    return emit("MatMul", operands, isResult: true)
  }

  private mutating func swapped(_ index: Int) -> String {
    let rank = operandType(index).shape.rank
    return transpose(operand(index), Array(0..<rank - 2) + [rank - 1, rank - 2])
  }

  /// ONNX has the groups' channels and filters in one axis.
  mutating func convolution(_ op: Convolution) -> String {
    let spatial = op.strides.count
    var (x, dims) = (operand(0), operandType(0).shape.dims)
    var result = type.shape.dims
    let isWhole = dims.count == spatial + 3
    if op.isChannelsLast {
      // [batch, X..., groups, channels], or without groups.
      let axes = [0] + Array(spatial + 1..<dims.count) + Array(1...spatial)
      x = transpose(x, axes)
      dims = axes.map { dims[$0] }
      result = axes.map { result[$0] }
    }
    let w = operandType(1).shape.dims
    let channels = isWhole ? dims[1] * dims[2] : dims[1]
    let sizes = Array(dims.suffix(spatial))
    if isWhole { x = reshape(x, [dims[0], channels] + sizes) }
    let kernel = reshape(operand(1), [w[0] * w[1], w[2]] + w.dropFirst(3))
    let y = emit(
      "Conv", [x, kernel],
      [
        .int("group", w[0]), .ints("strides", op.strides), .ints("dilations", op.dilations),
        .ints("kernel_shape", Array(w.dropFirst(3))),
      ], isResult: !isWhole && !op.isChannelsLast)
    guard op.isChannelsLast else { return isWhole ? reshape(y, result, isResult: true) : y }
    let grouped = isWhole ? reshape(y, result) : y
    let first = isWhole ? 3 : 2
    return transpose(
      grouped, [0] + Array(first..<result.count) + Array(1..<first), isResult: true)
  }

  mutating func reduce(_ op: Reduce) -> String {
    guard !op.axes.isEmpty else { return emit("Identity", [operand(0)], isResult: true) }
    let name =
      switch op.reduction {
      case .sum: "ReduceSum"
      case .mean: "ReduceMean"
      case .prod: "ReduceProd"
      case .max: "ReduceMax"
      case .min: "ReduceMin"
      }
    let keep = AttributeProto.flag("keepdims", op.keep)
    guard type.dtype == .bool else {
      return emit(name, [operand(0), ints(op.axes)], [keep], isResult: true)
    }
    let numbers = emit(name, [cast(operand(0), to: .int32), ints(op.axes)], [keep])
    return cast(numbers, to: .bool, isResult: true)
  }

  /// ONNX has windows along the last axes, behind one of batch and one of channels.
  mutating func pool(_ name: String, _ windows: Windows, factor: Int) -> String {
    let shape = operandType(0).shape
    let others = shape.dims.indices.filter { !windows.axes.contains($0) }
    let order = others + windows.axes
    let isDirect = others.count == 2 && order == Array(shape.dims.indices)
    var x = operand(0)
    if !isDirect {
      if order != Array(shape.dims.indices) { x = transpose(x, order) }
      let count = others.reduce(1) { $0 * shape[$1] }
      x = reshape(x, [count, 1] + windows.axes.map { shape[$0] })
    }
    var y = emit(
      name, [x],
      [
        .ints("kernel_shape", windows.sizes), .ints("strides", windows.strides),
        .ints("dilations", windows.dilations),
      ], isResult: isDirect && factor == 1)
    if factor != 1 {
      y = emit("Mul", [y, scalar(Double(factor), type.dtype)], isResult: isDirect)
    }
    guard !isDirect else { return y }
    let isInOrder = order == Array(shape.dims.indices)
    y = reshape(y, order.map { type.shape[$0] }, isResult: isInOrder)
    guard !isInOrder else { return y }
    let back = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
    return transpose(y, back, isResult: true)
  }

  mutating func normalize(_ op: Normalize) -> String {
    let size = type.shape[type.shape.rank - 1]
    let row = TensorType(type.dtype, [size])
    let ones = constant(Tensor(row, doubles: [Double](repeating: 1, count: size)))
    return emit(
      "LayerNormalization", [operand(0), ones],
      [.int("axis", -1), .float("epsilon", op.epsilon)], isResult: true)
  }
}

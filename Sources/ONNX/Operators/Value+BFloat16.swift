import GraphIR

// bfloat16 has eight bits of precision: results depend on where they are rounded, so tensors of
// that type are rounded after every operator, and inside those that ONNX defines step by step.

extension ImportedValue {
  /// Rounded to bfloat16 if that is its element type and it was computed.
  func narrowed(in graph: Graph) -> ImportedValue {
    guard case .tensor(let tensor) = self, tensor.elementType == .bfloat16, tensor.value.isValid
    else { return self }
    let types = graph.operandTypes(tensor.value.id)
    switch graph[tensor.value.id].op.computation(types) {
    case .source, .view: return self
    default: return .tensor(ImportedTensor(tensor.value.roundedToBFloat16(), .bfloat16))
    }
  }
}

extension Value {
  /// Rounded to bfloat16 if that is the type.
  func narrowed(to type: ONNXElementType) -> Value {
    type == .bfloat16 ? roundedToBFloat16() : self
  }

  /// Softmax over the last axis; zeros where all of it is minus infinity.
  func maskedSoftmax(_ type: ONNXElementType = .float) -> Value {
    let largest = max(axes: [-1], keepDims: true).stopGradient()
    let shift = (largest .> -.infinity).select(largest, constant(0))
    let exponential = (self - shift).narrowed(to: type).exp().narrowed(to: type)
    let sum = exponential.rowSum(type)
    return (exponential / (sum .> 0).select(sum, constant(1))).narrowed(to: type)
  }

  /// The sum over the last axis, which is kept; short ones as the type adds them.
  private func rowSum(_ type: ONNXElementType) -> Value {
    let width = shape.dims.last ?? 0
    guard type == .bfloat16, (1...16).contains(width) else {
      return sum(axes: [-1], keepDims: true).narrowed(to: type)
    }
    let columns = split(parts: width, axis: -1)
    return columns.dropFirst().reduce(columns[0]) { ($0 + $1).narrowed(to: type) }
  }
}

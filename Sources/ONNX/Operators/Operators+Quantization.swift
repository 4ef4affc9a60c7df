import GraphIR

// Numbers as integers of few bits: scale * (integer - zero point).

extension OperatorTable {
  private static let convolutionAttributes: Set<String> = [
    "auto_pad", "dilations", "group", "kernel_shape", "pads", "strides",
  ]

  static let quantizationOperators: [Operator] = [
    Operator(
      "QuantizeLinear", ["axis", "block_size", "output_dtype", "precision", "saturate"],
      tensor: { node in
        let x = try node.value(0)
        let type = try node.int("output_dtype").flatMap {
          $0 == 0 ? nil : try elementType($0, node)
        }
        let target = try node.optionalTensor(2)?.elementType ?? type ?? .uint8
        let scale = try spread(node, 1, over: x)
        let steps = (x.floating / scale.floating).round()
        return try quantized(node, steps, zero: spreadIfGiven(node, 2, over: x), target)
      }),
    Operator(
      "DequantizeLinear", ["axis", "block_size", "output_dtype"],
      tensor: { node in
        let x = try node.value(0)
        let type = try node.int("output_dtype").flatMap {
          $0 == 0 ? nil : try elementType($0, node)
        }
        let target = try type ?? node.tensor(1).elementType
        let scale = try spread(node, 1, over: x)
        let zero = try spreadIfGiven(node, 2, over: x)?.cast(to: x.dtype)
        let steps = (zero.map { x - $0 } ?? x).cast(to: scale.dtype)
        return ImportedTensor(steps * scale).cast(to: target)
      }),
    Operator("DynamicQuantizeLinear") { node in
      let x = try node.value(0)
      let high = x.max().maximum(x.constant(0))
      let low = x.min().minimum(x.constant(0))
      let range = high - low
      let scale = (range .== 0).select(range.constant(1), range) / 255
      let zero = (-low / scale).clamp(0, 255).round()
      let steps = ((x / scale).round() + zero).clamp(0, 255)
      return [
        ImportedValue(steps.cast(to: ONNXElementType.uint8.storage), .uint8), ImportedValue(scale),
        ImportedValue(zero.cast(to: ONNXElementType.uint8.storage), .uint8),
      ]
    },
    Operator(
      "MatMulInteger",
      tensor: { node in
        let a = try centered(node, 0, zero: 2, axis: -2)
        let b = try centered(node, 1, zero: 3, axis: -1)
        return ImportedTensor(a.matmul(b).cast(to: .i32), .int32)
      }),
    Operator(
      "ConvInteger", convolutionAttributes,
      tensor: { node in
        let x = try centered(node, 0, zero: 2, axis: 1)
        let weight = try centered(node, 1, zero: 3, axis: 0)
        let sums = try convolution(node, x, weight, bias: nil)
        return ImportedTensor(sums.cast(to: .i32), .int32)
      }),
    Operator(
      "QLinearMatMul",
      tensor: { node in
        let a = try centered(node, 0, zero: 2, axis: -2) * scale(node, 1, axis: -2, rank: 0)
        let b = try centered(node, 3, zero: 5, axis: -1) * scale(node, 4, axis: -1, rank: 1)
        let steps = try a.matmul(b) / node.value(6).cast(to: .f64)
        return try quantized(
          node, steps.round(), zero: node.value(7), node.tensor(7).elementType)
      }),
    Operator(
      "QLinearConv", convolutionAttributes,
      tensor: { node in
        let x = try centered(node, 0, zero: 2, axis: 1)
        let weight = try centered(node, 3, zero: 5, axis: 0)
        let bias = try node.optionalValue(8)?.cast(to: .f64)
        let sums = try convolution(node, x, weight, bias: bias)
        let ratio =
          try node.value(1).cast(to: .f64) * node.value(4).cast(to: .f64)
          / node.value(6).cast(to: .f64)
        let scaled =
          sums
          * (ratio.shape.count > 1 ? ratio.acrossChannels(rank: sums.shape.rank) : ratio.scalar)
        return try quantized(
          node, scaled.round(), zero: node.value(7), node.tensor(7).elementType)
      }),
  ]

  /// Whole steps plus the zero point, kept in the range of an integer type.
  private static func quantized(
    _ node: OperatorContext, _ steps: Value, zero: Value?, _ type: ONNXElementType
  ) throws -> ImportedTensor {
    guard type.isInteger, type.bits <= 16 else {
      throw UnsupportedUse("quantization to \(type) is not supported")
    }
    let count = Double(1 << type.bits)
    let low = type.isUnsigned ? 0 : -count / 2
    let moved = zero.map { steps + $0.cast(to: steps.dtype).scalarIfSingle } ?? steps
    return ImportedTensor(moved.clamp(low, low + count - 1).cast(to: type.storage), type)
  }

  /// An operand less its zero point, in f64, which is exact for all sums of products; one zero
  /// point an index of `axis` where there are several.
  private static func centered(
    _ node: OperatorContext, _ index: Int, zero: Int, axis: Int
  ) throws -> Value {
    let x = try node.value(index).cast(to: .f64)
    guard let given = try node.optionalValue(zero)?.cast(to: .f64) else { return x }
    if given.shape.count == 1 { return x - given.scalar }
    guard given.shape.rank == 1 else { return x - given }
    let counted = axis < 0 ? axis + x.shape.rank : axis
    guard counted >= 0, given.shape[0] == x.shape[counted] else {
      throw node.wrong("zero points \(given.type) do not fit \(x.type)")
    }
    return x
      - given.reshape([given.shape[0]] + Array(repeating: 1, count: x.shape.rank - counted - 1))
  }

  /// A scale of a matrix product's operand: one number, or one a row or column.
  private static func scale(
    _ node: OperatorContext, _ index: Int, axis: Int, rank: Int
  ) throws -> Value {
    let given = try node.value(index).cast(to: .f64)
    if given.shape.count == 1 { return given.scalar }
    guard given.shape.rank == 1 else { return given }
    return axis == -2 ? given.expandDims(-1) : given
  }

  private static func spreadIfGiven(
    _ node: OperatorContext, _ index: Int, over x: Value
  ) throws -> Value? {
    node.hasInput(index) ? try spread(node, index, over: x) : nil
  }

  /// Scales or zero points, broadcast to `x`: one, one an index of `axis`, or one a block.
  private static func spread(
    _ node: OperatorContext, _ index: Int, over x: Value
  ) throws -> Value {
    let given = try node.value(index)
    if given.shape.count == 1, node.int("block_size", default: 0) == 0 { return given.scalar }
    let axis = try node.axis(node.int("axis", default: 1), rank: x.shape.rank)
    let block = node.int("block_size", default: 0)
    if block == 0 {
      guard given.shape == [x.shape[axis]] else {
        throw node.wrong("operand \(index), \(given.type), does not fit axis \(axis) of \(x.type)")
      }
      return given.reshape([given.shape[0]] + Array(repeating: 1, count: x.shape.rank - axis - 1))
    }
    guard block > 0, block <= Shape.maximumCount, given.shape.rank == x.shape.rank,
      given.shape[axis] == (x.shape[axis] + block - 1) / block
    else { throw node.wrong("operand \(index), \(given.type), does not fit blocks of \(block)") }
    // Zero points have few bits and are exact as floats.
    let numbers = given.dtype.isFloat ? given : given.cast(to: .f32)
    let repeated = numbers.repeated(axes: [axis], counts: [min(block, max(1, x.shape[axis]))])
    return repeated.slice(axis, to: x.shape[axis]).cast(to: given.dtype)
  }
}

extension Value {
  fileprivate var floating: Value { dtype.isFloat ? self : cast(to: .f32) }

  fileprivate var scalar: Value { reshape([]) }

  fileprivate var scalarIfSingle: Value { shape.count == 1 ? scalar : self }
}

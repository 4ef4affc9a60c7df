import GraphIR

extension GraphExporter {
  /// Functions that ONNX has as one operator of the same operands.
  private static let direct = [
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "min": "Min",
    "max": "Max", "neg": "Neg", "abs": "Abs", "sign": "Sign", "floor": "Floor", "ceil": "Ceil",
    "round": "Round", "stop_gradient": "Identity", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
    "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos", "tanh": "Tanh", "atan": "Atan",
    "erf": "Erf", "sigmoid": "Sigmoid", "relu": "Relu", "gelu": "Gelu", "softplus": "Softplus",
    "equal": "Equal", "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "and": "And", "or": "Or", "xor": "Xor", "not": "Not",
    "is_nan": "IsNaN", "is_inf": "IsInf", "where": "Where", "bit_and": "BitwiseAnd",
    "bit_or": "BitwiseOr", "bit_xor": "BitwiseXor", "bit_not": "BitwiseNot",
  ]
  private static let comparisons: Set = [
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
  ]

  mutating func elementwise(_ op: Elementwise) -> String? {
    let operands = node.operands.indices.map(operand)
    if Self.comparisons.contains(op.name) { return comparison(op.name, operands) }
    if op.name == "div" || op.name == "mod", type.dtype.isInteger {
      return integerDivision(op.name == "div" ? "Div" : "Mod", operands)
    }
    if let name = Self.direct[op.name] { return emit(name, operands, isResult: true) }
    let x = operands[0]
    switch op.name {
    case "clamp":
      let bounds = op.parameters.map { scalar($0, type.dtype) }
      return emit("Clip", [x] + bounds, isResult: true)
    case "leaky_relu":
      return emit("LeakyRelu", [x], [.float("alpha", op.parameters[0])], isResult: true)
    case "elu": return emit("Elu", [x], [.float("alpha", op.parameters[0])], isResult: true)
    case "gelu_tanh": return emit("Gelu", [x], [.string("approximate", "tanh")], isResult: true)
    case "silu": return emit("Mul", [x, emit("Sigmoid", [x])], isResult: true)
    case "rsqrt": return emit("Reciprocal", [emit("Sqrt", [x])], isResult: true)
    case "trunc":
      return emit("Mul", [emit("Sign", [x]), emit("Floor", [emit("Abs", [x])])], isResult: true)
    case "mod":
      let quotient = emit("Floor", [emit("Div", operands)])
      return emit("Sub", [x, emit("Mul", [operands[1], quotient])], isResult: true)
    case "log1p": return logarithmOfMore(x)
    case "expm1": return exponentialLessOne(x)
    case "round_float16": return roundTrip(x, through: .float16)
    case "round_bfloat16": return roundTrip(x, through: .bfloat16)
    case "shift_left", "shift_right", "shift_right_logical": return shift(op.name, operands)
    default: return nil
    }
  }

  mutating func cast(_ dtype: DType) -> String {
    cast(operand(0), to: ONNXElementType(storing: dtype), isResult: true)
  }

  mutating func cast(
    _ name: String, to elementType: ONNXElementType, isResult: Bool = false
  ) -> String {
    emit("Cast", [name], [.int("to", Int(elementType.rawValue))], isResult: isResult)
  }

  /// ONNX orders numbers only.
  private mutating func comparison(_ name: String, _ operands: [String]) -> String? {
    var operands = operands
    if operandType(0).dtype == .bool, name != "equal", name != "not_equal" {
      operands = operands.map { cast($0, to: .int32) }
    }
    guard name == "not_equal" else {
      return Self.direct[name].map { emit($0, operands, isResult: true) }
    }
    return emit("Not", [emit("Equal", operands)], isResult: true)
  }

  /// By zero it gives zero here, and anything there.
  private mutating func integerDivision(_ op: String, _ operands: [String]) -> String {
    let zero = scalar(0, type.dtype)
    let isZero = emit("Equal", [operands[1], zero])
    let divisor = emit("Where", [isZero, scalar(1, type.dtype), operands[1]])
    return emit("Where", [isZero, zero, emit(op, [operands[0], divisor])], isResult: true)
  }

  /// Near zero 2 atanh(x / (2 + x)), where 1 + x would lose x's digits.
  private mutating func logarithmOfMore(_ x: String) -> String {
    let (one, two) = (scalar(1, type.dtype), scalar(2, type.dtype))
    let isSmall = emit("Less", [emit("Abs", [x]), scalar(0.5, type.dtype)])
    // Far from zero the first branch has no value; it must not be asked for one.
    let near = emit("Where", [isSmall, x, scalar(0, type.dtype)])
    let ratio = emit("Div", [near, emit("Add", [near, two])])
    let small = emit("Mul", [two, emit("Atanh", [ratio])])
    let large = emit("Log", [emit("Add", [x, one])])
    return emit("Where", [isSmall, small, large], isResult: true)
  }

  /// Near zero 2 t / (1 - t) with t = tanh(x / 2), where exp(x) - 1 would cancel.
  private mutating func exponentialLessOne(_ x: String) -> String {
    let one = scalar(1, type.dtype)
    let isSmall = emit("Less", [emit("Abs", [x]), one])
    let t = emit("Tanh", [emit("Mul", [x, scalar(0.5, type.dtype)])])
    let twice = emit("Add", [t, t])
    let small = emit("Div", [twice, emit("Sub", [one, t])])
    let large = emit("Sub", [emit("Exp", [x]), one])
    return emit("Where", [isSmall, small, large], isResult: true)
  }

  private mutating func roundTrip(_ x: String, through elementType: ONNXElementType) -> String {
    cast(cast(x, to: elementType), to: ONNXElementType(storing: type.dtype), isResult: true)
  }

  /// ONNX shifts unsigned integers only.
  private mutating func shift(_ name: String, _ operands: [String]) -> String {
    let direction = AttributeProto.string("direction", name == "shift_left" ? "LEFT" : "RIGHT")
    guard name != "shift_right" || type.dtype == .u8 else {
      // The bits of a negative number turned over are those of one that is not.
      let isNegative = emit("Less", [operands[0], scalar(0, type.dtype)])
      let turned = emit("BitwiseNot", [operands[0]])
      let positive = emit("Where", [isNegative, turned, operands[0]])
      let shifted = cast(wideShift(positive, operands[1], direction), to: signed)
      let back = emit("BitwiseNot", [shifted])
      return emit("Where", [isNegative, back, shifted], isResult: true)
    }
    switch type.dtype {
    case .u8:
      return emit("BitShift", operands, [direction], isResult: true)
    case .i64:
      return cast(wideShift(operands[0], operands[1], direction), to: signed, isResult: true)
    default:
      // As 64 bits of which the upper half is empty before and after.
      let mask = scalar(0x1p32 - 1, .i64)
      let bits = emit("BitwiseAnd", [cast(operands[0], to: .int64), mask])
      let shifted = cast(wideShift(bits, operands[1], direction), to: .int64)
      let low = emit("BitwiseAnd", [shifted, mask])
      let isNegative = emit("Greater", [low, scalar(0x1p31 - 1, .i64)])
      let negative = emit("Sub", [low, scalar(0x1p32, .i64)])
      return cast(emit("Where", [isNegative, negative, low]), to: .int32, isResult: true)
    }
  }

  private var signed: ONNXElementType { ONNXElementType(storing: type.dtype) }

  /// The shift of 64 bits, unsigned.
  private mutating func wideShift(
    _ bits: String, _ by: String, _ direction: AttributeProto
  ) -> String {
    emit("BitShift", [cast(bits, to: .uint64), cast(by, to: .uint64)], [direction])
  }
}

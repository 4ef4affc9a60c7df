import GraphIR

// Functions of two or more elements, broadcast by NumPy's rule.

extension OperatorTable {
  static let binaryOperators: [Operator] = [
    binary("Add") { $0 + $1 },
    binary("Sub") { $0 - $1 },
    binary("Mul") { $0 * $1 },
    binary("Div") { $0 / $1 },
    binary("And") { $0 .& $1 },
    binary("Or") { $0 .| $1 },
    binary("Xor") { $0 .^ $1 },
    comparison("Equal") { $0 .== $1 },
    comparison("Greater") { $0 .> $1 },
    comparison("GreaterOrEqual") { $0 .>= $1 },
    comparison("Less") { $0 .< $1 },
    comparison("LessOrEqual") { $0 .<= $1 },
    Operator(
      "Mod", ["fmod"],
      tensor: { node in
        let (x, divisor) = (try node.value(0), try node.value(1))
        guard node.flag("fmod") else { return try node.like(0, x.modulo(divisor)) }
        // As C's fmod: the sign of x.
        let quotient = x / divisor
        return try node.like(0, x - divisor * (x.dtype.isFloat ? quotient.trunc() : quotient))
      }),
    Operator("Pow", tensor: power),
    variadic("Max") { $0.maximum($1) },
    variadic("Min") { $0.minimum($1) },
    variadic("Sum") { $0 + $1 },
    Operator(
      "Mean",
      tensor: { node in
        let tensors = try node.tensors()
        guard let first = tensors.first else { throw node.wrong("takes at least one operand") }
        let sum = tensors.dropFirst().reduce(first.value) { $0 + $1.value }
        return try node.like(0, sum / Double(tensors.count))
      }),
    Operator(
      "Where",
      tensor: { node in
        try node.like(1, node.value(0).select(node.value(1), node.value(2)))
      }),
  ]

  private static func power(_ node: OperatorContext) throws -> ImportedTensor {
    let base = try node.tensor(0)
    let x = base.value
    if let known = try node.knownIfPossible(1), known.count == 1, x.dtype.isFloat {
      // Products are faster than powers, and have a derivative at 0 and below.
      let rank = max(x.shape.rank, known.shape.rank)
      let shape = Shape(Array(repeating: 1, count: rank - x.shape.rank) + x.shape.dims)
      let same = x.reshape(shape)
      switch known.doubles[0] {
      case 1: return ImportedTensor(same, base.elementType)
      case 2: return ImportedTensor(same.squared(), base.elementType)
      case 3: return ImportedTensor(same.squared() * same, base.elementType)
      case 0.5: return ImportedTensor(same.sqrt(), base.elementType)
      case -0.5: return ImportedTensor(same.rsqrt(), base.elementType)
      case -1: return ImportedTensor(same.reciprocal(), base.elementType)
      case let exponent:
        return ImportedTensor(same.pow(exponent), base.elementType)
      }
    }
    let exponent = try node.value(1)
    if x.dtype.isFloat {
      return ImportedTensor(x.pow(exponent.cast(to: x.dtype)), base.elementType)
    }
    let power = x.cast(to: .f64).pow(exponent.cast(to: .f64))
    return ImportedTensor(power.cast(to: x.dtype), base.elementType).wrapped
  }

  private static func binary(
    _ name: String, _ function: @escaping @Sendable (Value, Value) -> Value
  ) -> Operator {
    Operator(
      name, ["axis", "broadcast"],
      tensor: { node in
        let (a, b) = try legacyBroadcast(node)
        return try node.like(0, function(a, b)).wrapped
      })
  }

  private static func comparison(
    _ name: String, _ function: @escaping @Sendable (Value, Value) -> Value
  ) -> Operator {
    Operator(
      name, ["axis", "broadcast"],
      tensor: { node in
        let (a, b) = try legacyBroadcast(node)
        return ImportedTensor(function(a, b), .bool)
      })
  }

  /// The operands; before version 7 the second was laid along the first's axes from `axis` on.
  private static func legacyBroadcast(_ node: OperatorContext) throws -> (Value, Value) {
    let (a, b) = (try node.value(0), try node.value(1))
    guard node.opset < 7, node.flag("broadcast"), let axis = node.int("axis") else { return (a, b) }
    let first = axis < 0 ? axis + a.shape.rank : axis
    let trailing = a.shape.rank - first - b.shape.rank
    guard first >= 0, trailing >= 0 else { throw node.wrong("axis \(axis) does not fit") }
    return (a, b.reshape(b.shape.dims + Array(repeating: 1, count: trailing)))
  }

  private static func variadic(
    _ name: String, _ function: @escaping @Sendable (Value, Value) -> Value
  ) -> Operator {
    Operator(
      name,
      tensor: { node in
        let tensors = try node.tensors()
        guard let first = tensors.first else { throw node.wrong("takes at least one operand") }
        return try node.like(
          0, tensors.dropFirst().reduce(first.value) { function($0, $1.value) })
      })
  }
}

import Foundation
import GraphIR

// Functions of one element.

extension OperatorTable {
  static let unaryOperators: [Operator] = [
    unary("Identity") { x in x },
    unary("Abs") { $0.abs() },
    unary("Neg") { -$0 },
    unary("Sign") { $0.sign() },
    unary("Floor") { $0.floor() },
    unary("Ceil") { $0.ceil() },
    unary("Round") { $0.round() },
    unary("Sqrt") { $0.sqrt() },
    unary("Reciprocal") { $0.reciprocal() },
    unary("Exp") { $0.exp() },
    unary("Log") { $0.log() },
    unary("Sin") { $0.sin() },
    unary("Cos") { $0.cos() },
    unary("Tan") { $0.sin() / $0.cos() },
    unary("Asin") { $0.arcsine() },
    unary("Acos") { Double.pi / 2 - $0.arcsine() },
    unary("Atan") { $0.atan() },
    unary("Sinh") { x in
      // Exact near 0, where e^x - e^-x cancels.
      let grown = x.expm1()
      return 0.5 * (grown + grown / (grown + 1))
    },
    unary("Cosh") { 0.5 * ($0.exp() + (-$0).exp()) },
    unary("Tanh") { $0.tanh() },
    unary("Asinh") { x in
      let size = x.abs()
      let root = (size.squared() + 1).sqrt()
      return x.sign() * (size + size.squared() / (root + 1)).log1p()
    },
    unary("Acosh") { x in (x + (x.squared() - 1).sqrt()).log() },
    unary("Atanh") { x in 0.5 * (x.log1p() - (-x).log1p()) },
    unary("Erf") { $0.erf() },
    unary("Sigmoid") { $0.sigmoid() },
    unary("Softplus") { $0.softplus() },
    unary("Softsign") { $0 / ($0.abs() + 1) },
    unary("Mish") { $0 * $0.softplus().tanh() },
    unary("HardSwish") { $0 * ($0 / 6 + 0.5).clamp(0, 1) },
    Operator(
      "Relu",
      tensor: { node in
        let x = try node.value(0)
        return try node.like(0, x.dtype.isFloat ? x.relu() : x.maximum(x.constant(0)))
      }),
    unary("LeakyRelu", ["alpha"]) { x, node in
      x.leakyReLU(slope: node.float("alpha", default: 0.01))
    },
    unary("Elu", ["alpha"]) { x, node in x.elu(alpha: node.float("alpha", default: 1)) },
    unary("Celu", ["alpha"]) { x, node in
      let alpha = node.float("alpha", default: 1)
      return x.relu() + (alpha * (x / alpha).expm1()).minimum(x.constant(0))
    },
    unary("Selu", ["alpha", "gamma"]) { x, node in
      let alpha = node.float("alpha", default: 1.6732632423543772)
      return node.float("gamma", default: 1.0507009873554805) * x.elu(alpha: alpha)
    },
    unary("Gelu", ["approximate"]) { x, node in
      x.gelu(approximate: node.string("approximate") == "tanh")
    },
    unary("HardSigmoid", ["alpha", "beta"]) { x, node in
      let slope = node.float("alpha", default: 0.2)
      return (x * slope + node.float("beta", default: 0.5)).clamp(0, 1)
    },
    unary("Swish", ["alpha"]) { x, node in
      x * (x * node.float("alpha", default: 1)).sigmoid()
    },
    unary("ThresholdedRelu", ["alpha"]) { x, node in
      (x .> node.float("alpha", default: 1)).select(x, x.constant(0))
    },
    unary("Shrink", ["bias", "lambd"]) { x, node in
      let bias = node.float("bias", default: 0)
      let threshold = node.float("lambd", default: 0.5)
      let above = (x .> threshold).select(x - bias, x.constant(0))
      return (x .< -threshold).select(x + bias, above)
    },
    test("Not") { x, _ in .!x },
    test("IsNaN") { x, _ in x.isNaN() },
    test("IsInf", ["detect_negative", "detect_positive"]) { x, node in
      let above = x .== Double.infinity
      let below = x .== -Double.infinity
      switch (
        node.flag("detect_positive", default: true), node.flag("detect_negative", default: true)
      ) {
      case (true, true): return x.isInfinite()
      case (true, false): return above
      case (false, true): return below
      case (false, false): return above .& below
      }
    },
    Operator(
      "Clip", ["min", "max"],
      tensor: { node in
        var x = try node.value(0)
        // Before version 11 the limits were attributes.
        let low = try node.optionalValue(1) ?? node.float("min").map { x.constant($0) }
        let high = try node.optionalValue(2) ?? node.float("max").map { x.constant($0) }
        if let low { x = x.maximum(low) }
        if let high { x = x.minimum(high) }
        return try node.like(0, x)
      }),
    Operator(
      "PRelu",
      tensor: { node in
        let x = try node.value(0)
        var slope = try node.value(1)
        // Before version 7 a vector had one slope a channel.
        let isPerChannel = slope.shape.rank == 1 && slope.shape.count > 1 && x.shape.rank > 2
        if node.opset < 7, isPerChannel { slope = slope.acrossChannels(rank: x.shape.rank) }
        return try node.like(0, (x .< 0).select(x * slope, x))
      }),
  ]

  /// A function of one tensor that gives its element type back.
  static func unary(
    _ name: String, _ function: @escaping @Sendable (Value) -> Value
  ) -> Operator {
    unary(name, []) { x, _ in function(x) }
  }

  static func unary(
    _ name: String, _ attributes: Set<String>,
    _ function: @escaping @Sendable (Value, OperatorContext) throws -> Value
  ) -> Operator {
    Operator(
      name, attributes,
      build: { node in
        // Sequences and optionals have an identity, too.
        let input = try node.input(0)
        guard case .tensor(let x) = input.unwrapped else {
          guard name == "Identity" else { throw node.wrong("its operand must be a tensor") }
          return [input]
        }
        let result = ImportedTensor(try function(x.value, node), x.elementType)
        return [.tensor(result.wrapped)]
      })
  }

  /// A function of one tensor that gives bool.
  static func test(
    _ name: String, _ attributes: Set<String> = [],
    _ function: @escaping @Sendable (Value, OperatorContext) throws -> Value
  ) -> Operator {
    Operator(
      name, attributes,
      tensor: { node in ImportedTensor(try function(node.value(0), node), .bool) })
  }
}

extension Value {
  /// By the angle whose tangent is x / sqrt(1 - x^2), written so that 1 - x^2 does not cancel.
  fileprivate func arcsine() -> Value {
    let cosine = ((1 - self) * (1 + self)).sqrt()
    return 2 * (self / (1 + cosine)).atan()
  }
}

import GraphIR

/// A function of a recurrent network's gate.
struct RecurrentActivation {
  private let name: String
  private let alpha: Double
  private let beta: Double

  /// The node's activations, `count` a direction: the attributes, or `defaults` for each direction.
  static func all(
    _ node: OperatorContext, directions: Int, defaults: [String]
  ) throws -> [[RecurrentActivation]] {
    let names =
      node.strings("activations")
      ?? Array(repeating: defaults, count: directions).flatMap { $0 }
    guard names.count == directions * defaults.count else {
      throw node.wrong("needs \(directions * defaults.count) activations, not \(names)")
    }
    // Only functions that take them use up entries of these.
    var alphas = (node.floats("activation_alpha") ?? [])[...]
    var betas = (node.floats("activation_beta") ?? [])[...]
    let activations = try names.map { name in
      let key = name.lowercased()
      guard let (alpha, beta) = parameters[key] else {
        throw UnsupportedUse("activation '\(name)' is not supported")
      }
      return RecurrentActivation(
        name: key, alpha: alpha.map { alphas.popFirst() ?? $0 } ?? 0,
        beta: beta.map { betas.popFirst() ?? $0 } ?? 0)
    }
    return (0..<directions).map { direction in
      Array(activations[direction * defaults.count..<(direction + 1) * defaults.count])
    }
  }

  /// The functions, and what their parameters are if not given.
  private static let parameters: [String: (Double?, Double?)] = [
    "relu": (nil, nil), "tanh": (nil, nil), "sigmoid": (nil, nil), "softsign": (nil, nil),
    "softplus": (nil, nil), "affine": (1, 0), "leakyrelu": (0.01, nil),
    "thresholdedrelu": (1, nil), "scaledtanh": (1, 1), "hardsigmoid": (0.2, 0.5),
    "elu": (1, nil),
  ]

  func callAsFunction(_ x: Value) -> Value {
    switch name {
    case "relu": x.relu()
    case "tanh": x.tanh()
    case "sigmoid": x.sigmoid()
    case "softsign": x / (x.abs() + 1)
    case "softplus": x.softplus()
    case "affine": x * alpha + beta
    case "leakyrelu": x.leakyReLU(slope: alpha)
    case "thresholdedrelu": (x .> alpha).select(x, x.constant(0))
    case "scaledtanh": (x * beta).tanh() * alpha
    case "hardsigmoid": (x * alpha + beta).clamp(0, 1)
    default: x.elu(alpha: alpha)
    }
  }
}

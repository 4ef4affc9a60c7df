import GraphIR

/// x W + b over the last axis.
public struct Linear: Layer {
  /// [inputs, outputs], so that a batch of rows is multiplied without a transpose.
  public let weight: Value
  /// [outputs]; nil for a layer without.
  public let bias: Value?

  /// Makes the variables `NAME.w`, [inputs, outputs], and `NAME.b`, [outputs].
  public init(
    _ builder: GraphBuilder, _ name: String, inputs: Int, outputs: Int, hasBias: Bool = true,
    initialization: LinearInitialization = .torch, file: String = #fileID, line: Int = #line
  ) {
    weight = builder.variable(
      "\(name).w", .f32, [inputs, outputs], initializer: initialization.weight(fanIn: inputs),
      file: file, line: line)
    guard hasBias else {
      bias = nil
      return
    }
    bias = builder.variable(
      "\(name).b", .f32, [outputs], initializer: initialization.bias(fanIn: inputs), file: file,
      line: line)
  }

  public func apply(_ x: Value) -> Value {
    let product = matmul(x, weight)
    guard let bias else { return product }
    return product + bias
  }
}

/// How a linear layer gets its first weights, from its number of inputs.
public enum LinearInitialization: Hashable, Sendable {
  /// As PyTorch's `nn.Linear`: weights and biases uniform in +-1/sqrt(fanIn), the variance
  /// 1 / (3 fanIn). Recipes that are written for PyTorch reach their figures with it.
  case torch
  /// He et al. 2015: weights uniform with variance 2 / fanIn, which ReLU keeps from layer to
  /// layer; biases zero.
  case he
  /// LeCun et al. 1998: weights normal with variance 1 / fanIn; biases zero.
  case leCun
  /// The same for every layer.
  case given(weight: Initializer, bias: Initializer)

  public func weight(fanIn: Int) -> Initializer {
    switch self {
    case .torch: .linearDefault(fanIn: fanIn)
    case .he: .kaimingUniform(fanIn: fanIn)
    case .leCun: .normal(standardDeviation: 1 / Double(max(1, fanIn)).squareRoot())
    case .given(let weight, _): weight
    }
  }

  public func bias(fanIn: Int) -> Initializer {
    switch self {
    case .torch: .linearDefault(fanIn: fanIn)
    case .he, .leCun: .zeros
    case .given(_, let bias): bias
    }
  }
}

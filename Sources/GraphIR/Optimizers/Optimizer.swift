/// How parameters follow their gradients. Formulas, order of operations and defaults are
/// PyTorch's.
public struct Optimizer: Hashable, Sendable {
  public enum Method: Hashable, Sendable {
    case sgd(momentum: Double, nesterov: Bool)
    case adaGrad(epsilon: Double)
    case rmsProp(alpha: Double, epsilon: Double)
    /// `decoupled`: weight decay shrinks the weights themselves (AdamW), not by the gradient.
    case adam(beta1: Double, beta2: Double, epsilon: Double, decoupled: Bool)
    case linearAverage(epsilon: Double)
  }

  public var method: Method
  public var learningRate: Double
  public var weightDecay: Double

  public init(_ method: Method, learningRate: Double, weightDecay: Double = 0) {
    self.method = method
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }

  /// Stochastic gradient descent, with momentum where it is not 0.
  public static func sgd(
    learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(
      .sgd(momentum: momentum, nesterov: nesterov), learningRate: learningRate,
      weightDecay: weightDecay)
  }

  /// Duchi et al. 2011: steps divided by the root of the sum of all squared gradients.
  public static func adaGrad(
    learningRate: Double = 0.01, epsilon: Double = 1e-10, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(.adaGrad(epsilon: epsilon), learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Hinton 2012: steps divided by the root of a running mean of squared gradients.
  public static func rmsProp(
    learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(
      .rmsProp(alpha: alpha, epsilon: epsilon), learningRate: learningRate,
      weightDecay: weightDecay)
  }

  /// Kingma and Ba 2015; weight decay is added to the gradient.
  public static func adam(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupled: false),
      learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Loshchilov and Hutter 2019: Adam with weight decay apart from the gradient.
  public static func adamW(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0.01
  ) -> Optimizer {
    Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupled: true),
      learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Adam's step with the plain means of all past gradients and their squares.
  public static func linearAverage(
    learningRate: Double = 1e-3, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(
      .linearAverage(epsilon: epsilon), learningRate: learningRate, weightDecay: weightDecay)
  }
}

extension Optimizer {
  /// The names that `named` takes.
  public static let names = presets.map(\.name)

  /// An optimizer by its name on the command line; what is not given has its default. Throws
  /// with the list of names.
  public static func named(
    _ name: String, learningRate: Double? = nil, weightDecay: Double? = nil
  ) throws(OptimizerError) -> Optimizer {
    guard let preset = presets.first(where: { $0.name == name }) else {
      let question = NearestName.question(name, among: names)
      let start = question.isEmpty ? "; there" : question + " There"
      let list = names.joined(separator: ", ")
      throw OptimizerError("unknown optimizer '\(name)'\(start) are \(list)")
    }
    var optimizer = preset.optimizer
    if let learningRate { optimizer.learningRate = learningRate }
    if let weightDecay { optimizer.weightDecay = weightDecay }
    try optimizer.check()
    return optimizer
  }

  private static let presets: [(name: String, optimizer: Optimizer)] = [
    ("sgd", .sgd()),
    ("momentum", .sgd(momentum: 0.9)),
    ("nesterov", .sgd(momentum: 0.9, nesterov: true)),
    ("adagrad", .adaGrad()),
    ("rmsprop", .rmsProp()),
    ("adam", .adam()),
    ("adamw", .adamW()),
    ("linear-average", .linearAverage()),
  ]

  /// Throws for settings that cannot train.
  func check() throws(OptimizerError) {
    guard learningRate.isFinite, learningRate >= 0 else {
      throw OptimizerError("the learning rate must be 0 or more, not \(learningRate)")
    }
    guard weightDecay.isFinite, weightDecay >= 0 else {
      throw OptimizerError("the weight decay must be 0 or more, not \(weightDecay)")
    }
    switch method {
    case .sgd(let momentum, let nesterov):
      guard momentum.isFinite, momentum >= 0, !nesterov || momentum > 0 else {
        throw OptimizerError(
          "the momentum must be 0 or more, above 0 for Nesterov's, not \(momentum)")
      }
    case .adam(let beta1, let beta2, _, _):
      guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
        throw OptimizerError("the betas must be in 0..<1, not \(beta1) and \(beta2)")
      }
    case .rmsProp(let alpha, _):
      guard (0...1).contains(alpha) else {
        throw OptimizerError("alpha must be in 0...1, not \(alpha)")
      }
    case .adaGrad, .linearAverage: break
    }
  }
}

/// An optimizer, a schedule or a clipping that does not exist or cannot train.
public struct OptimizerError: Error, Hashable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

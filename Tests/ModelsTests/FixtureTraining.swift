import GraphIR
import Models
import Runtime
import TestSupport

extension TrainingFixture {
  /// The zoo model that the fixture trained.
  func forward() throws -> Graph {
    try Zoo.named(workload).build(
      batch: params["batch"], sizes: params.filter { $0.key != "batch" }, form: .benchmark)
  }

  /// The whole step, with the fixture's optimizer.
  func step() throws -> Graph {
    try TrainingStep.build(
      forward: try forward(), optimizer: try optimizer.made(), schedule: optimizer.plan,
      clip: optimizer.clipping)
  }

  /// The weights that the training started from, by name.
  var initialWeights: [(name: String, tensor: Tensor)] {
    shapes.enumerated().map { index, parameter in
      let values = FixtureGenerator.weight(
        index: index, shape: parameter.shape, name: parameter.name)
      return (parameter.name, Tensor(values, shape: Shape(parameter.shape)))
    }
  }

  /// The inputs of a step, from 0.
  func batch(_ step: Int) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, dims) in batch {
      let index = ["x": 0, "y": 1, "eps": 2, "t": 3][name] ?? 0
      let seed = FixtureGenerator.batchSeed(step: step, index: index)
      let count = dims.reduce(1, *)
      let shape = Shape(dims)
      switch (name, workload) {
      case ("y", "classifier"), ("y", "cnn"):
        tensors[name] = Tensor(FixtureGenerator.labels(seed: seed, count: count), shape: shape)
      case (_, "transformer"):
        let labels = FixtureGenerator.labels(
          seed: seed, count: count, classes: params["vocab"] ?? 1)
        tensors[name] = Tensor(labels, shape: shape)
      case (_, "attention"):
        tensors[name] = Tensor(FixtureGenerator.normal(seed: seed, count: count), shape: shape)
      case ("eps", _):
        tensors[name] = Tensor(FixtureGenerator.normal(seed: seed, count: count), shape: shape)
      case (_, "regression"):
        tensors[name] = Tensor(FixtureGenerator.signed(seed: seed, count: count), shape: shape)
      default:
        tensors[name] = Tensor(FixtureGenerator.uniform(seed: seed, count: count), shape: shape)
      }
    }
    return tensors
  }
}

extension TrainingFixture.Optimizer {
  func made() throws -> GraphIR.Optimizer {
    let decay = weightDecay ?? 0
    switch kind {
    case "sgd":
      return .sgd(
        learningRate: lr, momentum: momentum ?? 0, nesterov: nesterov ?? false,
        weightDecay: decay)
    case "adagrad":
      return .adaGrad(learningRate: lr, epsilon: epsilon ?? 1e-10, weightDecay: decay)
    case "rmsprop":
      return .rmsProp(
        learningRate: lr, alpha: alpha ?? 0.99, epsilon: epsilon ?? 1e-8, weightDecay: decay)
    case "adam":
      return .adam(
        learningRate: lr, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999, epsilon: epsilon ?? 1e-8,
        weightDecay: decay)
    case "adamw":
      return .adamW(
        learningRate: lr, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999, epsilon: epsilon ?? 1e-8,
        weightDecay: decay)
    case "linear_average":
      return .linearAverage(learningRate: lr, epsilon: epsilon ?? 1e-8, weightDecay: decay)
    default: throw OptimizerError("the fixture's optimizer '\(kind)' is unknown to the tests")
    }
  }

  var plan: Schedule {
    switch schedule {
    case "step": .step(every: stepSize ?? 1, factor: gamma ?? 1)
    case "cosine": .cosine(steps: steps ?? 1, minimum: 0)
    case "warmup": .warmUp(steps: steps ?? 1, then: .constant)
    default: .constant
    }
  }

  var clipping: GradientClipping {
    if let clipNorm { return .globalNorm(clipNorm) }
    if let clipValue { return .value(clipValue) }
    return .none
  }
}

import Codegen
import GraphIR
import Models
import Runtime

/// A network with ReLU and `depth` hidden layers of `width` units for a target.
struct Approximator {
  let target: ApproximationTarget
  let depth: Int
  let width: Int

  init(_ target: ApproximationTarget, depth: Int, width: Int) {
    (self.target, self.depth, self.width) = (target, depth, width)
  }

  /// The widest network of this depth with no more parameters than `most`.
  init(_ target: ApproximationTarget, depth: Int, parameters most: Int) {
    var width = 1
    while Approximator(target, depth: depth, width: width + 1).parameters <= most { width += 1 }
    self.init(target, depth: depth, width: width)
  }

  private var sizes: [Int] {
    [target.inputs] + [Int](repeating: width, count: depth) + [1]
  }

  var parameters: Int {
    zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
  }

  /// The network and its mean squared error on points x.
  private func model(_ builder: GraphBuilder, _ x: Value) {
    let y = target.function(x)
    let prediction = MLP(builder, sizes, activation: .relu)(x)
    builder.output("loss", prediction.meanSquaredError(y))
    builder.output("prediction", prediction)
    builder.output("target", y)
  }

  /// Trains on points that the step itself draws anew each time: no data, no over-fitting.
  func trainingStep(batch: Int, rate: Double, steps: Int) throws -> Graph {
    let builder = GraphBuilder("approximator")
    let shape: Shape = [batch, target.inputs]
    model(builder, 2 * builder.randomUniform(key: builder.randomKey(), shape: shape) - 1)
    return try TrainingStep.build(
      forward: builder.build(), optimizer: .adam(learningRate: rate),
      schedule: .cosine(steps: steps, minimum: 0))
  }

  /// The same network on given points.
  func evaluation(points: Int) throws -> Graph {
    let builder = GraphBuilder("evaluation")
    model(builder, builder.input("x", .f32, [points, target.inputs]))
    return try builder.build()
  }
}

/// A network's values on test points, and how far they are off.
struct Approximation {
  let prediction: [Double]
  let target: [Double]
  /// The mean squared error as a share of the target's variance: 1 for the best constant.
  let error: Double

  init(_ outputs: [String: Tensor]) {
    prediction = outputs["prediction"]?.doubles ?? []
    target = outputs["target"]?.doubles ?? []
    let count = Double(max(1, target.count))
    let mean = target.reduce(0, +) / count
    let variance = target.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    error = (outputs["loss"]?.doubles.first ?? .nan) / variance
  }
}

extension Approximator {
  struct Recipe {
    var steps: Int
    var batch = 128
    /// Each is tried, and the best result counts.
    var rates = [0.01, 0.003]
  }

  /// The best of trainings with several learning rates, on test points `x`.
  func fit(
    _ recipe: Recipe, on x: Tensor, seed: Int, checkInterruption: () throws -> Void
  ) throws -> Approximation {
    var best: Approximation?
    for rate in recipe.rates {
      let fit = try train(recipe, rate, x, seed, checkInterruption)
      if best.map({ fit.error < $0.error }) ?? true { best = fit }
    }
    return best ?? Approximation([:])
  }

  private func train(
    _ recipe: Recipe, _ rate: Double, _ x: Tensor, _ seed: Int,
    _ checkInterruption: () throws -> Void
  ) throws -> Approximation {
    // Steps of a few microseconds are not worth sharing between threads.
    let options = Compilation.Options(threads: 1)
    let step = try trainingStep(batch: recipe.batch, rate: rate, steps: recipe.steps)
    let (_, executable) = try Compilation.prepare(step, seed: seed, options: options)
    try executable.state.set("random.seed", to: Tensor([Int64(seed)], shape: .scalar))
    for step in 0..<recipe.steps {
      executable.run()
      if step % 1000 == 0 { try checkInterruption() }
    }
    return try evaluate(executable.state, on: x)
  }

  /// The network with the weights of `state` on points `x`.
  private func evaluate(_ state: ModelState, on x: Tensor) throws -> Approximation {
    let graph = try evaluation(points: x.shape[0])
    let executable = try Compilation.executable(
      graph, state: state, options: Compilation.Options(threads: 1))
    return Approximation(try executable.run(["x": x]))
  }

  /// The network with given weights on points `x`.
  func evaluate(_ weights: [(name: String, tensor: Tensor)], on x: Tensor) throws -> Approximation {
    let graph = try evaluation(points: x.shape[0])
    let state = try ModelState(StateLayout([graph]))
    for (name, tensor) in weights { try state.set(name, to: tensor) }
    return try evaluate(state, on: x)
  }
}

import Codegen
import Foundation
import GraphIR
import Models
import Runtime

extension ScalarLoss {
  /// A way to derivatives of several outputs.
  public enum Way: String, CaseIterable, Sendable {
    case sum = "gradient of the sum, one pass"
    case passes = "Jacobian, a pass for each output"
    case oneGraph = "Jacobian, all passes in one graph"
    case batch = "Jacobian, one pass of a batch"
  }

  /// Seconds for each number of outputs.
  public struct Costs: Sendable {
    public let outputs: [Int]
    /// From several seeds.
    public let seconds: [Way: [Spread]]

    public init(outputs: [Int], seconds: [Way: [Spread]]) {
      (self.outputs, self.seconds) = (outputs, seconds)
    }
  }

  /// Times the ways on a network from 784 inputs to 256 outputs, of which the first few count.
  static func costs(_ context: StudyContext) throws -> Costs {
    let outputs = context.pick([1, 2, 4, 8, 16, 32, 64, 128], quick: [1, 4, 16])
    var seconds: [Way: [Spread]] = [:]
    for count in outputs {
      var measured: [Way: [Double]] = [:]
      for seed in context.seeds(5, quick: 2) {
        context.note("cost of \(count) outputs, seed \(seed)")
        for way in Way.allCases {
          try context.checkInterruption()
          let time = try OutputNetwork(outputs: count).seconds(way, seed)
          measured[way, default: []].append(time)
        }
      }
      for (way, values) in measured { seconds[way, default: []].append(Spread(values)) }
    }
    return Costs(outputs: outputs, seconds: seconds)
  }

  /// What loss and gradient cost as a multiple of the loss alone, by the number of parameters.
  public struct GradientCost: Sendable {
    public let parameters: Int
    public let ratio: Spread

    public init(parameters: Int, ratio: Spread) {
      (self.parameters, self.ratio) = (parameters, ratio)
    }
  }

  static func gradientCosts(_ context: StudyContext) throws -> [GradientCost] {
    let widths = context.pick([32, 64, 128, 256, 512, 1024], quick: [32, 128])
    return try widths.map { width in
      context.note("cost of a gradient, width \(width)")
      let forward = try mlpClassifier(
        rows: 64, inputs: 784, hidden: [width, width], classes: 10)
      let ratios = try context.seeds(5, quick: 2).map { seed in
        try context.checkInterruption()
        let state = try ModelState(StateLayout([forward]))
        try state.initialize(forward, seed: seed, options: oneThread)
        let alone = try Compilation.executable(forward, state: state, options: oneThread)
        let both = try Compilation.executable(
          forward.differentiated().graph, state: state, options: oneThread)
        let time = leastSeconds { alone.run() }
        return leastSeconds { both.run() } / time
      }
      let parameters = forward.parameters.reduce(0) { $0 + $1.variable.type.shape.count }
      return GradientCost(parameters: parameters, ratio: Spread(ratios))
    }
  }
}

/// The least processor time of several repetitions, each of some milliseconds: what else runs on
/// the machine only ever adds to it. Work is on one thread, so that waiting does not count.
private func leastSeconds(_ body: () -> Void) -> Double {
  body()
  var (count, best) = (1, Double.infinity)
  var repetition = 0
  while repetition < 7 {
    let start = processorSeconds()
    for _ in 0..<count { body() }
    let seconds = processorSeconds() - start
    guard seconds > 0.003 else {
      count *= 2
      continue
    }
    best = min(best, seconds / Double(count))
    repetition += 1
  }
  return best
}

private func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// Costs are those of one thread.
private let oneThread = Compilation.Options(threads: 1)

/// 784-256-256 with tanh, of whose outputs the first ones count: more of them change nothing else.
private struct OutputNetwork {
  let outputs: Int

  func seconds(_ way: ScalarLoss.Way, _ seed: Int) throws -> Double {
    let (_, executable) = try Compilation.prepare(graph(way), seed: seed, options: oneThread)
    for input in executable.program.inputs {
      let values = (0..<input.type.shape.count).map { Float($0 % 17) / 17 }
      try executable.set(input.name, to: Tensor(values, shape: input.type.shape))
    }
    guard way == .passes, let seed = executable.inputBuffer("seed") else {
      return leastSeconds { executable.run() }
    }
    let unit = seed.bindMemory(to: Float.self)
    return leastSeconds {
      for row in 0..<outputs {
        unit.update(repeating: 0)
        unit[row] = 1
        executable.run()
      }
    }
  }

  private func graph(_ way: ScalarLoss.Way) throws -> Graph {
    let builder = GraphBuilder("outputs")
    let image = builder.input("x", .f32, [1, 784])
    let x = way == .batch ? image.broadcast(to: [outputs, 784]) : image
    let y = MLP(builder, [784, 256, 256], activation: .tanh)(x)[axis: 1, 0..<outputs]
    builder.output("derivatives", derivatives(way, y, x))
    return try builder.build()
  }

  private func derivatives(_ way: ScalarLoss.Way, _ y: Value, _ x: Value) -> Value {
    let builder = y.builder
    switch way {
    case .sum: return builder.gradients(of: y.sum(), withRespectTo: [x])[0]
    case .passes:
      let seed = builder.input("seed", .f32, y.shape)
      return builder.vectorJacobianProduct(of: y, withRespectTo: [x], vector: seed)[0]
    case .oneGraph: return builder.jacobian(of: y, withRespectTo: x)
    case .batch:
      // Row i is the same image, and asks for output i.
      let places = builder.iota(.i64, [outputs])
      let identity = (places.expandDims(1) .== places).cast(to: .f32)
      return builder.vectorJacobianProduct(of: y, withRespectTo: [x], vector: identity)[0]
    }
  }
}

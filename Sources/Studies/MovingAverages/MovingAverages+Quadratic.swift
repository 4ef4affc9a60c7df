import Foundation
import GraphIR
import Runtime

extension MovingAverages {
  /// What happens to the optimum of a noisy quadratic while it is looked for. Jumps come half way;
  /// small gradients are a hundredth from then on.
  enum Quadratic: String, CaseIterable {
    case fixed = "quadratic with a fixed optimum"
    case drifting = "quadratic with a drifting optimum"
    case jumping = "quadratic with a jumping optimum"
    case shrinking = "quadratic with a jump to small gradients"

    static let dimensions = 20

    /// Half the sum of h (w - optimum)^2, with noise in its gradients; h goes from 0.1 to 1.
    func forward(steps: Int) throws -> Graph {
      let builder = GraphBuilder("quadratic")
      let shape: Shape = [Quadratic.dimensions]
      let w = builder.variable("w", .f32, shape, initializer: .zeros)
      let time = builder.variable("time", .f32, .scalar, role: .state, initializer: .zeros)
      builder.update(time, to: time + 1)
      let place = builder.iota(.i64, shape).cast(to: .f32) / Double(Quadratic.dimensions - 1)
      let curvature = 0.1 * (place * Foundation.log(10)).exp()
      let distance = w - optimum(time, place, steps)
      let noise = builder.randomNormal(key: builder.randomKey(), shape: shape)
      let noisy = 0.5 * curvature * distance.squared() + 0.3 * noise * w
      let isLate = (time .> Double(steps / 2)).cast(to: .f32)
      let scale = self == .shrinking ? 1 - 0.99 * isLate : builder.constant(1)
      builder.output("loss", (scale * noisy).sum())
      builder.output("error", distance.squared().mean())
      return try builder.build()
    }

    private func optimum(_ time: Value, _ place: Value, _ steps: Int) -> Value {
      switch self {
      case .fixed: return place.constant(1)
      case .drifting: return (time * (8 * Double.pi / Double(steps)) + 6 * place).sin()
      case .jumping, .shrinking: return 1 - 2 * (time .> Double(steps / 2)).cast(to: .f32)
      }
    }
  }

  static func quadraticRaces(_ context: StudyContext) throws -> [Race] {
    let steps = context.pick(4000, quick: 500)
    let rates = context.pick(
      [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], quick: [0.03, 0.3])
    // The mean of a hundredth of the steps each.
    let bins = 100
    let places = (0..<bins).map { Double(($0 + 1) * steps / bins) }
    var races: [Race] = []
    for quadratic in Quadratic.allCases {
      for method in Method.allCases {
        context.note("\(quadratic.rawValue), \(method.rawValue)")
        races.append(
          try Race(quadratic.rawValue, method, places: places) { averaging in
            try rates.map { rate in
              let recipe = Recipe(method, averaging, rate: rate)
              let curves = try context.seeds(5).map { seed in
                try context.checkInterruption()
                return try quadratic.run(recipe, steps: steps, bins: bins, seed: seed)
              }
              // From the middle on, where jumps are.
              let late = curves.map { $0.suffix(bins / 2).reduce(0, +) / Double(bins / 2) }
              return Run(rate: rate, error: Spread(late), curve: mean(curves))
            }
          })
      }
    }
    return races
  }

  static func mean(_ curves: [[Double]]) -> [Double] {
    (curves.first ?? []).indices.map { index in
      curves.reduce(0) { $0 + $1[index] } / Double(curves.count)
    }
  }
}

extension MovingAverages.Quadratic {
  /// The squared distance from the optimum in the course of a training.
  fileprivate func run(
    _ recipe: MovingAverages.Recipe, steps: Int, bins: Int, seed: Int
  ) throws -> [Double] {
    let step = try recipe.step(forward(steps: steps))
    let (_, executable) = try Compilation.prepare(
      step, seed: seed, options: Compilation.Options(threads: 1))
    try executable.state.set("random.seed", to: Tensor([Int64(seed)], shape: .scalar))
    guard let error = executable.scalar("error") else { return [] }
    return (0..<bins).map { _ in
      let count = steps / bins
      let sum = (0..<count).reduce(0.0) { sum, _ in
        executable.run()
        return sum + Double(error.pointee)
      }
      return sum / Double(count)
    }
  }
}

extension Depth {
  static func widthCurves(_ context: StudyContext) throws -> [WidthCurve] {
    let widths = context.pick([2, 4, 8, 16, 32, 64, 128, 256], quick: [2, 16, 64])
    let steps = context.pick(15_000, quick: 1500)
    return try [ApproximationTarget.curve, .surface].map { target in
      let results = try widths.map { width in
        try fits(context, Approximator(target, depth: 1, width: width), steps: steps)
      }
      return WidthCurve(
        target: target, widths: widths, errors: results.map { Spread($0.map(\.error)) },
        fits: results.map { $0[0] })
    }
  }

  static func contests(_ context: StudyContext) throws -> [Contest] {
    let depths = context.pick([1, 2, 3, 4], quick: [1, 3])
    let steps = context.pick(10_000, quick: 1500)
    let parameters = 600
    let targets: [ApproximationTarget] = context.pick(
      [.curve, .surface, .tent(2), .tent(3), .tent(4), .product(3), .product(5), .tree(3)],
      quick: [.curve, .tent(3), .tree(3)])
    return try targets.map { target in
      let results = try depths.map { depth in
        try fits(
          context, Approximator(target, depth: depth, parameters: parameters), steps: steps)
      }
      var contest = Contest(
        target.name, parameters: parameters,
        errors: zip(depths, results).map { ($0, Spread($1.map(\.error))) })
      contest.fits = results.map { $0[0] }
      return contest
    }
  }

  static func exactNetworks(_ context: StudyContext) throws -> [Exact] {
    try context.pick([1, 2, 3, 4, 5, 6], quick: [1, 3]).map { times in
      let (deep, shallow) = (Approximator.deepTent(times), Approximator.shallowTent(times))
      let x = testPoints(deep.network.target)
      let error = { (exact: (network: Approximator, weights: Approximator.Weights)) in
        try exact.network.evaluate(exact.weights, on: x).error
      }
      let trained = try fits(context, deep.network, steps: context.pick(10_000, quick: 1500))
      return Exact(
        times: times, deep: (deep.network.parameters, try error(deep)),
        shallow: (shallow.network.parameters, try error(shallow)),
        trained: Spread(trained.map(\.error)))
    }
  }

  /// What the seeds' networks became.
  private static func fits(
    _ context: StudyContext, _ network: Approximator, steps: Int
  ) throws -> [Approximation] {
    context.note(
      "\(network.target.name), hidden layers: \(network.depth), units: \(network.width)")
    let x = testPoints(network.target)
    let recipe = Approximator.Recipe(steps: steps)
    return try context.seeds(3).map { seed in
      try network.fit(recipe, on: x, seed: seed, checkInterruption: context.checkInterruption)
    }
  }
}

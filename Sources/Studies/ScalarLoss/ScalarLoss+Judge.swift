import Foundation

extension ScalarLoss {
  /// Whether reverse mode needs a scalar: it refuses other losses, and yet goes through any output
  /// where a seed says how much each element counts.
  ///
  /// `seedError` is how far such products are from finite differences, relatively.
  public static func judge(_ refusals: [Refusal], seedError: Spread) -> Judgement {
    let others = refusals.filter { !$0.isScalar }
    let refused = others.filter { $0.message != nil }
    let accepted = refusals.filter { $0.isScalar && $0.message == nil }
    let measured =
      "\(refused.count) of \(others.count) losses that are no scalars are refused, "
      + "\(accepted.count) of \(refusals.count - others.count) scalars accepted; with a seed the "
      + "gradient of all outputs is off finite differences by \(seedError)"
    let isStrict =
      refused.count == others.count && accepted.count == refusals.count - others.count
    let seedWorks = seedError.mean < 1e-6
    let condition =
      "where no seed is given: with one, the loss is the scalar sum of seed * output, and one pass "
      + "goes through any number of outputs"
    return Judgement(
      claim: "a backward pass needs a scalar loss", measured: measured,
      verdict: !isStrict ? .doesNotHold : seedWorks ? .holdsOnly(when: condition) : .holds)
  }

  /// Whether the Jacobian by reverse mode is right.
  public static func judge(jacobianError: Spread) -> Judgement {
    Judgement(
      claim: "the Jacobian made row by row is that of finite differences",
      measured: "largest difference as a share of the largest element: \(jacobianError)",
      verdict: jacobianError.mean < 1e-6 ? .holds : .doesNotHold)
  }

  /// What is said of the cost of many outputs: of one pass, of a pass each, and of a batch.
  public static func judge(_ costs: Costs) -> [Judgement] {
    let exponents = Way.allCases.reduce(into: [Way: Spread]()) { $0[$1] = costs.exponent($1) }
    let multiple = { (way: Way) in costs.multiple(way) }
    guard let sum = exponents[.sum], let passes = exponents[.passes],
      let oneGraph = exponents[.oneGraph], let batch = exponents[.batch],
      let most = costs.outputs.last
    else { return [] }
    let condition =
      "where the rows are computed one by one: one batch of all costs "
      + "\(figure(costs.share(.batch, of: .passes))) times as much, and grows with their number too"
    let isBatchCheaper = passes.isAbove(batch, margin: 0.1)
    return [
      Judgement(
        claim: "the gradient of a scalar costs the same however many outputs are summed in it",
        measured: "time grows with exponent \(sum); \(most) outputs take \(multiple(.sum)) times "
          + "as long as one",
        verdict: abs(sum.mean) < 0.15 ? .holds : .doesNotHold),
      Judgement(
        claim: "a Jacobian costs as many backward passes as there are outputs",
        measured: "exponent \(passes) for separate passes, \(oneGraph) for all in one graph, "
          + "\(batch) for one batch; \(most) outputs cost \(multiple(.passes)), "
          + "\(multiple(.oneGraph)) and \(multiple(.batch)) backward passes, and the last doubling "
          + "makes the batch \(figure(costs.lastGrowth(.batch))) times as expensive",
        verdict: abs(passes.mean - 1) > 0.15
          ? .doesNotHold : isBatchCheaper ? .holdsOnly(when: condition) : .holds),
    ]
  }

  /// Whether a gradient costs a small multiple of the loss, whatever the number of parameters.
  public static func judge(gradientCosts: [GradientCost]) -> Judgement {
    let ratios = gradientCosts.map(\.ratio.mean)
    let most = ratios.max() ?? .nan
    let largest = gradientCosts.last?.parameters ?? 0
    return Judgement(
      claim:
        "a scalar's gradient costs no more than five times the scalar, however many parameters",
      measured:
        "loss and gradient take \(figure(ratios.min() ?? .nan)) to \(figure(most)) times as "
        + "long as the loss; finite differences would need it \(largest + 1) times for the largest "
        + "network",
      verdict: most <= 5 ? .holds : .doesNotHold)
  }
}

extension ScalarLoss.Costs {
  /// The exponent with which time grows with the number of outputs, from each seed's times.
  func exponent(_ way: ScalarLoss.Way) -> Spread {
    let curve = seconds[way] ?? []
    let seeds = curve.map(\.values.count).min() ?? 0
    return Spread(
      (0..<seeds).map { seed in
        fittedExponent(outputs.map(Double.init), curve.map { $0.values[seed] })
      })
  }

  /// What the most outputs cost one way, as a share of another.
  func share(_ way: ScalarLoss.Way, of other: ScalarLoss.Way) -> Double {
    guard let time = seconds[way]?.last, let whole = seconds[other]?.last else { return .nan }
    return time.mean / whole.mean
  }

  /// By how much the time grows with a doubling of the outputs, where they are most.
  func lastGrowth(_ way: ScalarLoss.Way) -> Double {
    guard let curve = seconds[way], curve.count > 1 else { return .nan }
    let growth = curve[curve.count - 1].mean / curve[curve.count - 2].mean
    let steps = Double(outputs[outputs.count - 1]) / Double(outputs[outputs.count - 2])
    return pow(growth, 1 / log2(steps))
  }

  /// How much longer the most outputs take than the gradient of a single one.
  func multiple(_ way: ScalarLoss.Way) -> String {
    guard let one = seconds[.sum]?.first, let all = seconds[way]?.last else { return "" }
    return figure(all.mean / one.mean)
  }
}

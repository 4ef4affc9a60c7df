import Foundation

extension ELBOStudy {
  /// Bits a dimension on test images, of each seed.
  var bound: Spread { Spread(terms.map { $0.reduce(0, +) }) }

  var judgements: [Judgement] {
    [
      ELBOStudy.judgeIdentity(identities), ELBOStudy.judgeKnown(prior),
      ELBOStudy.judgeSmall(schedules, bound: bound),
    ]
  }

  /// Whether log p = ELBO + KL, up to rounding, whatever the chain.
  public static func judgeIdentity(_ identities: [Identity]) -> Judgement {
    let errors = identities.map { identity in
      let scale = max(1, abs(identity.logLikelihood), identity.gap)
      return abs(identity.logLikelihood - identity.bound - identity.gap) / scale
    }
    let worst = errors.max() ?? .nan
    let gaps = identities.map(\.gap)
    return Judgement(
      claim: "log p(x_0) = ELBO + KL(q || p) of the rest of the chain",
      measured:
        "largest relative difference \(figure(worst)) in \(identities.count) cases, whose KL"
        + " goes from \(figure(gaps.min() ?? .nan)) to \(figure(gaps.max() ?? .nan)) nats",
      verdict: worst < 1e-10 ? .holds : .doesNotHold)
  }

  /// Whether the prior term is unknown: if its formula is not what draws of x_T give, or if it
  /// depends on what is trained.
  public static func judgeKnown(_ prior: PriorTerm) -> Judgement {
    let isConfirmed = abs(prior.exact - prior.drawn) <= 4 * prior.error
    let isConstant = prior.parameters == 0
    let verdict: Verdict
    switch (isConfirmed, isConstant) {
    case (true, true): verdict = .doesNotHold
    case (true, false): verdict = .holdsOnly(when: "before the training ends: it changes with it")
    case (false, _): verdict = .holds
    }
    return Judgement(
      claim: "the prior term is unknown or hard to compute",
      measured: "bits a dimension: \(figure(prior.exact)) by its formula, \(figure(prior.drawn)) ±"
        + " \(figure(prior.error)) from draws of x_T; depends on \(prior.parameters) of"
        + " \(prior.allParameters) parameters",
      verdict: verdict)
  }

  /// Whether the prior term is below a thousandth of the bound, for which schedules.
  public static func judgeSmall(
    _ schedules: [(name: String, bits: Double)], bound: Spread
  ) -> Judgement {
    let small = schedules.filter { $0.bits < 0.001 * bound.mean }.map(\.name)
    let verdict: Verdict =
      small.count == schedules.count
      ? .holds
      : small.isEmpty
        ? .doesNotHold
        : .holdsOnly(when: "for schedules that end in noise: \(small.joined(separator: "; "))")
    let measured = schedules.map { "\($0.name) \(figure($0.bits))" }.joined(separator: ", ")
    return Judgement(
      claim: "the prior term is about 0 and can be left out",
      measured: "of a bound of \(bound) bits a dimension: \(measured)", verdict: verdict)
  }
}

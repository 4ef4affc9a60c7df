extension MovingAverages {
  /// Whether exponential averages end better: the linear ones' error is more than a tenth larger,
  /// and by more than chance.
  public static func judge(_ race: Race) -> Judgement {
    let (exponential, linear) = race.spreads
    return Judgement(
      claim: "\(race.setting), \(race.method.rawValue): exponential averages do better",
      measured: "error \(exponential) with exponential, \(linear) with linear averages"
        + race.ratesText,
      verdict: race.isExponentialBetter ? .holds : .doesNotHold)
  }

  /// The claim as a whole, by what is averaged.
  public static func summary(_ races: [Race]) -> Judgement {
    let holding = races.filter(\.isExponentialBetter)
    let names = Method.allCases.compactMap { method -> String? in
      let all = races.filter { $0.method == method }
      let settings = holding.filter { $0.method == method }.map(\.setting)
      if settings.isEmpty { return nil }
      let place = settings.count == all.count ? "everywhere" : settings.joined(separator: ", ")
      return "\(method.rawValue) (\(place))"
    }
    let verdict: Verdict =
      holding.count == races.count
      ? .holds
      : holding.isEmpty ? .doesNotHold : .holdsOnly(when: "for \(names.joined(separator: "; "))")
    return Judgement(
      claim: "optimizers need averages that forget",
      measured: "exponential averages do better in \(holding.count) of \(races.count) races, each "
        + "side with its best learning rate",
      verdict: verdict)
  }

  /// Whether a linear average is like an older gradient, and less like the present one; of each
  /// average the lag in steps and the cosine with the present gradient.
  public static func judge(
    lag: Spread, exponential: Spread, alignment: Spread, exponentialAlignment: Spread
  ) -> Judgement {
    let isOlder = lag.isAbove(exponential, margin: 1)
    let isWorse = exponentialAlignment.isAbove(alignment, margin: 0.02)
    let verdict: Verdict
    switch (isOlder, isWorse) {
    case (true, true): verdict = .holds
    case (true, false): verdict = .holdsOnly(when: "for the lag, not for the present direction")
    case (false, true): verdict = .holdsOnly(when: "for the present direction, not for the lag")
    case (false, false): verdict = .doesNotHold
    }
    return Judgement(
      claim: "a linear average of gradients points where the gradient was, not where it is",
      measured: "it is most like the gradient \(lag) steps before, an exponential one like that "
        + "\(exponential) steps before; cosines with the present gradient \(alignment) and "
        + "\(exponentialAlignment)",
      verdict: verdict)
  }
}

extension MovingAverages.Race {
  var spreads: (exponential: Spread, linear: Spread) {
    let spread = { (averaging: MovingAverages.Averaging) in
      error[averaging] ?? Spread([.infinity])
    }
    return (spread(.exponential), spread(.linear))
  }

  var isExponentialBetter: Bool {
    let (exponential, linear) = spreads
    // Where every learning rate diverged there is no spread.
    if !linear.mean.isFinite { return exponential.mean.isFinite }
    return linear.isAbove(exponential, margin: 0.1 * exponential.mean)
  }

  fileprivate var ratesText: String {
    guard let exponential = rate[.exponential], let linear = rate[.linear] else { return "" }
    return " (best learning rates \(figure(exponential)) and \(figure(linear)))"
  }
}

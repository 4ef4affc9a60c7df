extension Depth {
  /// An error below this share of the variance counts as an approximation.
  public static let goal = 0.01

  /// Whether a wider hidden layer comes nearer to a function, and near enough in the end.
  public static func judge(_ what: String, _ widths: [Int], _ errors: [Spread]) -> Judgement {
    let (first, last) = (errors[0], errors[errors.count - 1])
    let falls = first.isAbove(last, margin: goal)
    let exponent = fittedExponent(widths.map(Double.init), errors.map(\.mean))
    return Judgement(
      claim: "one hidden layer approximates \(what) to a hundredth of its variance if it is wide "
        + "enough",
      measured: "error \(first) with \(widths[0]) units, \(last) with \(widths[widths.count - 1]); "
        + "it falls like width to the power \(figure(exponent))",
      verdict: falls && last.mean < goal ? .holds : .doesNotHold)
  }

  /// Whether the best of the deeper networks beats one hidden layer with as many parameters.
  public static func judge(_ contest: Contest) -> Judgement {
    let best = contest.best
    return Judgement(
      claim: "with \(contest.parameters) parameters, depth lowers the error on \(contest.what) by "
        + "a hundredth of its variance or more",
      measured: "error \(contest.shallow) with one hidden layer, \(best.error) with \(best.depth)",
      verdict: contest.isDeeperBetter ? .holds : .doesNotHold)
  }

  /// The claim as a whole: on which functions depth pays.
  public static func summary(_ contests: [Contest]) -> Judgement {
    let better = contests.filter(\.isDeeperBetter)
    let names = better.map(\.what).joined(separator: "; ")
    let verdict: Verdict =
      better.count == contests.count
      ? .holds : better.isEmpty ? .doesNotHold : .holdsOnly(when: "for \(names)")
    return Judgement(
      claim: "at the same number of parameters a deep network is more exact than a shallow one",
      measured: "it is on \(better.count) of \(contests.count) functions", verdict: verdict)
  }

  /// Whether exact deep networks are smaller than exact ones of a single hidden layer.
  public static func judge(representing exact: [Exact]) -> Judgement {
    let smaller = exact.filter { $0.areExact && $0.deepParameters < $0.shallowParameters }
    let sizes = exact.map { "\($0.deepParameters)/\($0.shallowParameters)" }
    let wrong = exact.filter { !$0.areExact }.count
    let names = smaller.map { "\($0.times)" }.joined(separator: ", ")
    return Judgement(
      claim: "to be the tent map, applied several times, a deep network needs fewer parameters",
      measured: "exact weights by hand, deep/shallow: \(sizes.joined(separator: ", ")) parameters"
        + (wrong == 0 ? "" : "; \(wrong) of them are not exact"),
      verdict: smaller.count == exact.count
        ? .holds : smaller.isEmpty ? .doesNotHold : .holdsOnly(when: "for \(names) times"))
  }

  /// Whether training finds what a small deep network can represent.
  public static func judge(finding exact: [Exact]) -> Judgement {
    let found = exact.filter { $0.trained.mean < goal }
    let errors = exact.map { "\($0.trained)" }.joined(separator: ", ")
    let names = found.map { "\($0.times)" }.joined(separator: ", ")
    return Judgement(
      claim: "training from random weights finds those small deep networks",
      measured: "error / variance of the same networks when trained: \(errors)",
      verdict: found.count == exact.count
        ? .holds : found.isEmpty ? .doesNotHold : .holdsOnly(when: "for \(names) times"))
  }
}

extension Depth.Exact {
  /// Up to the rounding of f32.
  var areExact: Bool { max(deepError, shallowError) < 1e-6 }
}

extension Depth.Contest {
  var shallow: Spread { errors[0].error }

  /// The depth above 1 with the least mean error.
  var best: (depth: Int, error: Spread) {
    errors.dropFirst().min { $0.error.mean < $1.error.mean } ?? errors[0]
  }

  /// By more than chance, and by a difference that matters.
  var isDeeperBetter: Bool { shallow.isAbove(best.error, margin: Depth.goal) }
}

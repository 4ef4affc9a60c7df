import Studies
import Testing

/// The judges of the study of the bound get made-up figures of both kinds.
@Suite struct ELBOJudgeTests {
  @Test func identity() {
    let identity = { (gap: Double) in
      ELBOStudy.Identity(chain: "made up", x: 0, logLikelihood: -1, bound: -3, gap: gap)
    }
    #expect(ELBOStudy.judgeIdentity([identity(2)]).verdict == .holds)
    #expect(ELBOStudy.judgeIdentity([identity(2), identity(2.001)]).verdict == .doesNotHold)
    #expect(ELBOStudy.judgeIdentity([identity(.nan)]).verdict == .doesNotHold)
  }

  /// Two ways to the same number, and a chain spoiled in each of its parts.
  @Test func chainsHaveTheirBoundAndTheirGap() {
    let b = [0.1, 0.3, 0.5]
    let exact = LinearGaussianChain(undoing: b, mean: 1, variance: 0.5)
    var spoiled = [exact, exact, exact]
    spoiled[0].r[1] *= 2
    spoiled[1].c[0] += 1
    spoiled[2].v[2] *= 3
    for x in [-2.0, 0, 1.5] {
      for chain in [exact] + spoiled {
        let gap = chain.logLikelihood(x) + chain.terms(x).reduce(0, +)
        #expect(abs(gap - chain.gap(x)) < 1e-12 * max(1, gap))
      }
      #expect(spoiled.allSatisfy { $0.gap(x) > exact.gap(x) })
    }
  }

  @Test func priorTerm() {
    let judge = { (drawn: Double, parameters: Int) in
      var prior = ELBOStudy.PriorTerm()
      (prior.exact, prior.drawn, prior.error) = (1e-5, drawn, 1e-6)
      (prior.parameters, prior.allParameters) = (parameters, 100)
      return ELBOStudy.judgeKnown(prior).verdict
    }
    #expect(judge(1.2e-5, 0) == .doesNotHold)
    #expect(judge(3e-5, 0) == .holds)
    #expect("\(judge(1.2e-5, 7))".contains("holds only"))
  }

  @Test func smallness() {
    let judge = { (bits: [Double]) in
      let schedules = zip(["a", "b"], bits).map { ($0, $1) }
      return ELBOStudy.judgeSmall(schedules, bound: Spread([1, 1.1])).verdict
    }
    #expect(judge([1e-5, 1e-4]) == .holds)
    #expect(judge([0.1, 0.2]) == .doesNotHold)
    #expect(judge([1e-5, 0.2]) == .holdsOnly(when: "for schedules that end in noise: a"))
  }

  /// One step of Bayes's rule after the other gives what the tables say at once.
  @Test func schedulesAgreeWithTheirPosteriors() {
    for schedule in [NoiseSchedule.linear(50), .cosine(50)] {
      for t in 2...50 {
        let variance = schedule.posteriorVariance(t)
        // KL between normal distributions of one variance whose means are toClean_t e apart.
        let weight = schedule.toClean[t] * schedule.toClean[t] / (2 * variance)
        #expect(abs(schedule.weight(t) / weight - 1) < 1e-9)
        let precision = (1 - schedule.beta[t]) / schedule.beta[t] + 1 / (1 - schedule.kept[t - 1])
        #expect(abs(variance * precision - 1) < 1e-9)
      }
      #expect(schedule.kept[50] < 1e-3)
    }
    // KL of N(sqrt(0.5) x, 0.5) from the standard normal.
    let half = NoiseSchedule(beta: [0.5])
    #expect(abs(half.priorTerm(meanSquare: 4) - 0.5 * (0.5 * 4 - 0.5 + 0.6931471805599453)) < 1e-12)
  }
}

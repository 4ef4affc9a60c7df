import Studies
import Testing

/// Verdicts follow from the figures: each study's judge gets made-up results of both kinds.
@Suite struct JudgeTests {
  @Test func latentSweep() {
    let judge = { (means: [Double]) in
      LatentSweep.judge("linear", [1, 8, 64], means.map { Spread([$0 - 0.001, $0 + 0.001]) })
    }
    #expect(judge([0.4, 0.9, 0.8]).verdict == .holds)
    #expect(judge([0.4, 0.8, 0.9]).verdict == .doesNotHold)
    // A fall within the spread of the seeds is none.
    #expect(judge([0.4, 0.901, 0.9]).verdict == .doesNotHold)
    #expect(judge([0.9, 0.8, 0.7]).verdict == .doesNotHold)
    let (yes, no) = (judge([0.4, 0.9, 0.8]), judge([0.4, 0.8, 0.9]))
    #expect(LatentSweep.summary([("a", yes), ("b", yes)]).verdict == .holds)
    #expect(LatentSweep.summary([("a", no), ("b", yes)]).verdict == .holdsOnly(when: "for b"))
    #expect(LatentSweep.summary([("a", no), ("b", no)]).verdict == .doesNotHold)
    #expect(judge([0.4, 0.9, 0.8]).measured.contains("best 0.9000 ± 0.0014 at 8"))
  }
}

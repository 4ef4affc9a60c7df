import Studies
import Testing

/// The verdicts on width and depth follow from the figures.
@Suite struct DepthJudgeTests {
  @Test func width() {
    let judge = { (errors: [Double]) in
      Depth.judge("a curve", [2, 16, 128], errors.map { Spread([$0, $0 * 1.1]) }).verdict
    }
    #expect(judge([0.8, 0.1, 0.005]) == .holds)
    #expect(judge([0.8, 0.1, 0.05]) == .doesNotHold)
    // It was near enough from the start: width did nothing.
    #expect(judge([0.004, 0.004, 0.004]) == .doesNotHold)
  }

  private func contest(_ what: String, _ errors: [Double]) -> Depth.Contest {
    Depth.Contest(
      what, parameters: 600,
      errors: zip(1..., errors).map { ($0, Spread([$1 - 0.01, $1 + 0.01])) })
  }

  @Test func equalParameters() {
    let (deep, shallow) = (
      contest("a tree", [0.3, 0.2, 0.1]), contest("a product", [0.1, 0.2, 0.3])
    )
    #expect(Depth.judge(deep).verdict == .holds)
    #expect(Depth.judge(deep).measured.contains("with 3"))
    #expect(Depth.judge(shallow).verdict == .doesNotHold)
    // Within the spread of the seeds.
    #expect(Depth.judge(contest("a tent", [0.31, 0.3])).verdict == .doesNotHold)
    #expect(Depth.summary([deep, deep]).verdict == .holds)
    #expect(Depth.summary([deep, shallow]).verdict == .holdsOnly(when: "for a tree"))
    #expect(Depth.summary([shallow]).verdict == .doesNotHold)
  }

  private func exact(
    _ times: Int, deep: Int, shallow: Int, error: Double = 0, trained: Double
  ) -> Depth.Exact {
    Depth.Exact(
      times: times, deep: (deep, error), shallow: (shallow, 0), trained: Spread([trained, trained]))
  }

  @Test func representing() {
    let (same, smaller) = (
      exact(1, deep: 7, shallow: 7, trained: 0), exact(3, deep: 19, shallow: 25, trained: 0.5)
    )
    #expect(Depth.judge(representing: [smaller]).verdict == .holds)
    #expect(Depth.judge(representing: [same]).verdict == .doesNotHold)
    #expect(
      Depth.judge(representing: [same, smaller]).verdict == .holdsOnly(when: "for 3 times"))
    let wrong = exact(3, deep: 19, shallow: 25, error: 0.1, trained: 0)
    #expect(Depth.judge(representing: [wrong]).verdict == .doesNotHold)
  }

  @Test func finding() {
    let (found, missed) = (
      exact(1, deep: 7, shallow: 7, trained: 0), exact(3, deep: 19, shallow: 25, trained: 0.5)
    )
    #expect(Depth.judge(finding: [found]).verdict == .holds)
    #expect(Depth.judge(finding: [missed]).verdict == .doesNotHold)
    #expect(Depth.judge(finding: [found, missed]).verdict == .holdsOnly(when: "for 1 times"))
  }
}

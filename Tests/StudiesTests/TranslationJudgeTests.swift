import Studies
import Testing

@Suite struct TranslationJudgeTests {
  @Test func bleuScores() {
    let judge = { (values: [Double]) in
      Translation.judgeBLEU(Spread(values), of: "a small grammar").verdict
    }
    #expect(judge([95, 96, 97]) == .holds)
    #expect(judge([80, 81, 82]) == .doesNotHold)
    // 91 on average, but the seeds do not agree.
    #expect(judge([82, 91, 100]) == .doesNotHold)
  }

  private func counts(_ white: [Int], shared: Int = 0) -> [Translation.RowCount] {
    zip(["noun", "verb", "rare"], white).map { kind, white in
      .init(
        kind: kind, rows: kind == "rare" ? 2 : 100, white: white, shared: shared,
        bright: white + 1)
    }
  }

  @Test func whitePixels() {
    #expect(Translation.judgeWhite(counts([100, 100, 2])).verdict == .holds)
    #expect(Translation.judgeWhite(counts([10, 20, 2])).verdict == .doesNotHold)
    let some = Translation.judgeWhite(counts([80, 20, 2]))
    #expect(some.verdict == .holdsOnly(when: "for most rows of noun (80.00 %)"))
    #expect(
      some.measured == """
        102 of 202 rows have a white pixel, 105 one of weight 0.9 and more; most often noun, \
        80.00 %, most rarely verb, 20.00 %
        """)
  }

  @Test func sums() {
    #expect(Translation.judgeSum(counts([80, 20, 2]), deviation: 1e-7).verdict == .holds)
    #expect(Translation.judgeSum(counts([80, 20, 2]), deviation: 0.1).verdict == .doesNotHold)
    let shared = counts([80, 20, 2], shared: 1)
    #expect(Translation.judgeSum(shared, deviation: 1e-7).verdict == .doesNotHold)
  }

  @Test func contractionsAndOrder() {
    let (low, high) = (Spread([1.1, 1.2, 1.1]), Spread([1.9, 2.0, 2.1]))
    #expect(Translation.judgeContraction(high, low).verdict == .holds)
    #expect(Translation.judgeContraction(low, high).verdict == .doesNotHold)
    #expect(Translation.judgeContraction(low, low).verdict == .doesNotHold)
    let (rare, often) = (Spread([0.05, 0.1]), Spread([0.9, 0.95]))
    #expect(Translation.judgeOrder(turned: often, straight: rare).verdict == .holds)
    #expect(Translation.judgeOrder(turned: often, straight: often).verdict == .doesNotHold)
    #expect(Translation.judgeOrder(turned: rare, straight: rare).verdict == .doesNotHold)
  }
}

import Studies
import Testing

@Suite struct AttentionCostJudgeTests {
  @Test func exponents() {
    let (line, square) = (Spread([0.95, 1.05]), Spread([1.95, 2.05]))
    #expect(AttentionCost.judgeTime(softmax: square, linear: line).verdict == .holds)
    #expect(AttentionCost.judgeTime(softmax: line, linear: line).verdict == .doesNotHold)
    #expect(AttentionCost.judgeTime(softmax: square, linear: square).verdict == .doesNotHold)
    func memory(_ stored: Spread, _ blocks: Spread, _ linear: Spread) -> Verdict {
      AttentionCost.judgeMemory(stored: stored, blocks: blocks, linear: linear).verdict
    }
    #expect(memory(square, square, line) == .holds)
    #expect(memory(line, line, line) == .doesNotHold)
    #expect(memory(square, square, square) == .doesNotHold)
    #expect("\(memory(square, line, line))".hasPrefix("holds only where the matrix of weights is"))
  }

  @Test func speed() {
    let tokens = [16, 64, 256]
    let crossing = { (a: [Double], b: [Double]) in AttentionCost.crossing(tokens, a, b) }
    // Twice as fast at 16, half as fast at 64: as fast in the middle of their logarithms.
    #expect(abs(crossing([1, 4, 16], [2, 2, 2])! - 32) < 1e-9)
    #expect(crossing([3, 4, 16], [2, 2, 2]) == nil)
    #expect(crossing([1, 1, 1], [2, 2, 2]) == nil)
    func verdict(_ crossings: [Double?], _ ratio: Double) -> Verdict {
      AttentionCost.judgeFaster(
        crossings: crossings, ratio: Spread([ratio]), tokens: 16...256
      ).verdict
    }
    #expect(verdict([nil, nil], 20) == .holds)
    #expect(verdict([nil], 0.5) == .doesNotHold)
    #expect(verdict([80, 120, nil], 20) == .holdsOnly(when: "from about 100.0 tokens on"))
  }

  @Test func functionsAndLookups() {
    let (same, other) = (Spread([1, 0.9999]), Spread([0.5, 0.6]))
    #expect(AttentionCost.judgeSame(linear: same, blocks: same).verdict == .holds)
    #expect(AttentionCost.judgeSame(linear: other, blocks: same).verdict == .doesNotHold)
    let judge = { (linear: [Double]) in
      AttentionCost.judgeLookup(
        pairs: [4, 16, 64], softmax: [1, 1, 0.99].map { Spread([$0]) },
        linear: linear.map { Spread([$0]) }, features: 32, chance: 0.1)
    }
    #expect(judge([1, 1, 0.97]).verdict == .holds)
    #expect(
      judge([1, 0.6, 0.2]).verdict == .holdsOnly(when: "for 4 pairs and fewer, with 32 features"))
    #expect(judge([0.7, 0.6, 0.2]).verdict == .doesNotHold)
    #expect(judge([0.7, 0.6, 0.2]).measured.contains("16 pairs: softmax 1.000, linear 0.6000"))
  }
}

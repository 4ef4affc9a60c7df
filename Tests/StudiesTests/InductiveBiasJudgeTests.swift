import Studies
import Testing

@Suite struct InductiveBiasJudgeTests {
  private func spreads(_ means: [Double]) -> [Spread] {
    means.map { Spread([$0 - 0.002, $0, $0 + 0.002]) }
  }

  private func shifts(
    mlp: [Double], cnn: [Double], pooled: [Double], learned: [Double] = [0.9, 0.88, 0.87]
  ) -> [Verdict] {
    InductiveBias.judge(
      InductiveBias.Shifts(
        distances: [0, 4, 8],
        accuracy: [
          "MLP": spreads(mlp), "CNN": spreads(cnn), "CNN, global pooling": spreads(pooled),
          InductiveBias.shiftedMLP: spreads(learned),
        ])
    ).map(\.verdict)
  }

  @Test func shifts() {
    let even = [0.97, 0.96, 0.95]
    let steep = [0.95, 0.5, 0.2]
    #expect(shifts(mlp: steep, cnn: even, pooled: even) == [.holds, .holds, .holds])
    #expect(
      shifts(mlp: steep, cnn: [0.97, 0.7, 0.2], pooled: even) == [
        .holdsOnly(when: "with global pooling"), .holdsOnly(when: "for shifts of 4 pixels"),
        .holds,
      ])
    #expect(
      shifts(mlp: steep, cnn: steep, pooled: steep, learned: [0.9, 0.8, 0.7])
        == [.doesNotHold, .doesNotHold, .doesNotHold])
  }

  private func orders(mlp: [Double], cnn: [Double]) -> [Verdict] {
    InductiveBias.judge(
      InductiveBias.Orders(
        counts: [100, 4000],
        plain: ["MLP": spreads([0.7, 0.93]), "CNN": spreads([0.8, 0.97])],
        permuted: ["MLP": spreads(mlp), "CNN": spreads(cnn)])
    ).map(\.verdict)
  }

  @Test func permutations() {
    #expect(orders(mlp: [0.701, 0.929], cnn: [0.65, 0.9]) == [.holds, .holds])
    // The CNN stays ahead, or the MLP is confused too.
    #expect(orders(mlp: [0.701, 0.929], cnn: [0.75, 0.95])[0] == .doesNotHold)
    #expect(orders(mlp: [0.6, 0.8], cnn: [0.5, 0.7])[0] == .doesNotHold)
    #expect(
      orders(mlp: [0.701, 0.929], cnn: [0.75, 0.9])[0]
        == .holdsOnly(when: "with 4,000 training images"))
  }

  @Test func leadsThatDoNotShrink() {
    let verdicts = InductiveBias.judge(
      InductiveBias.Orders(
        counts: [100, 4000],
        plain: ["MLP": spreads([0.7, 0.9]), "CNN": spreads([0.75, 0.97])],
        permuted: ["MLP": spreads([0.7, 0.9]), "CNN": spreads([0.7, 0.9])])
    ).map(\.verdict)
    #expect(verdicts == [.holds, .doesNotHold])
  }
}

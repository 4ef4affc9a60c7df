import Foundation
import Studies
import Testing

/// The verdicts on reverse mode follow from the figures.
@Suite struct ScalarLossJudgeTests {
  private func refusal(_ isScalar: Bool, _ message: String?) -> ScalarLoss.Refusal {
    ScalarLoss.Refusal("loss", isScalar: isScalar, message: message)
  }

  @Test func needOfAScalar() {
    let strict = [refusal(true, nil), refusal(false, "not a scalar")]
    let right = Spread([1e-10, 2e-10])
    guard case .holdsOnly(let condition) = ScalarLoss.judge(strict, seedError: right).verdict else {
      Issue.record("a seed that works makes the claim conditional")
      return
    }
    #expect(condition.contains("seed"))
    #expect(ScalarLoss.judge(strict, seedError: Spread([0.3])).verdict == .holds)
    let lax = strict + [refusal(false, nil)]
    #expect(ScalarLoss.judge(lax, seedError: right).verdict == .doesNotHold)
    let deaf = strict + [refusal(true, "not a scalar")]
    #expect(ScalarLoss.judge(deaf, seedError: right).verdict == .doesNotHold)
  }

  @Test func jacobian() {
    #expect(ScalarLoss.judge(jacobianError: Spread([1e-9])).verdict == .holds)
    #expect(ScalarLoss.judge(jacobianError: Spread([0.01])).verdict == .doesNotHold)
  }

  /// Times that grow with these exponents, a tenth longer with the second seed.
  private func verdicts(sum: Double, passes: Double, batch: Double) -> [Verdict] {
    let outputs = [1, 2, 4, 8]
    let curve = { (exponent: Double) in
      outputs.map { count in
        let time = pow(Double(count), exponent)
        return Spread([time, 1.1 * time])
      }
    }
    let costs = ScalarLoss.Costs(
      outputs: outputs,
      seconds: [
        .sum: curve(sum), .passes: curve(passes), .oneGraph: curve(passes), .batch: curve(batch),
      ])
    return ScalarLoss.judge(costs).map(\.verdict)
  }

  @Test func costOfOutputs() {
    #expect(verdicts(sum: 0, passes: 1, batch: 1) == [.holds, .holds])
    #expect(verdicts(sum: 0.5, passes: 0.5, batch: 0.5) == [.doesNotHold, .doesNotHold])
    guard case .holdsOnly(let condition) = verdicts(sum: 0, passes: 1, batch: 0.5)[1] else {
      Issue.record("a cheaper batch makes the claim conditional")
      return
    }
    #expect(condition.contains("one by one"))
  }

  @Test func costOfAGradient() {
    let judge = { (ratios: [Double]) in
      ScalarLoss.judge(
        gradientCosts: ratios.enumerated().map {
          .init(parameters: 100 * ($0 + 1), ratio: Spread([$1, $1]))
        })
    }
    #expect(judge([3, 3.5]).verdict == .holds)
    #expect(judge([3, 8]).verdict == .doesNotHold)
    #expect(judge([3, 3.5]).measured.contains("201 times"))
  }
}

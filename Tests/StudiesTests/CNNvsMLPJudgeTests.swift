import Studies
import Testing

@Suite struct CNNvsMLPJudgeTests {
  private func spread(_ mean: Double) -> Spread { Spread([mean - 0.002, mean, mean + 0.002]) }

  private func pairs(_ accuracies: [(cnn: Double, mlp: Double)]) -> [CNNvsMLP.Pair] {
    zip([100, 1000, 4000], accuracies).map { size, accuracy in
      CNNvsMLP.Pair(size: size, cnn: spread(accuracy.cnn), mlp: spread(accuracy.mlp))
    }
  }

  @Test func leads() {
    let verdict = { (accuracies: [(cnn: Double, mlp: Double)]) in
      CNNvsMLP.judge("claim", "images", pairs(accuracies)).verdict
    }
    #expect(verdict([(0.8, 0.7), (0.9, 0.8), (0.96, 0.94)]) == .holds)
    #expect(verdict([(0.7, 0.7), (0.8, 0.9), (0.942, 0.94)]) == .doesNotHold)
    #expect(
      verdict([(0.6, 0.7), (0.9, 0.8), (0.96, 0.94)]) == .holdsOnly(when: "from 1,000 images on"))
    #expect(verdict([(0.8, 0.7), (0.9, 0.9), (0.9, 0.94)]) == .holdsOnly(when: "up to 100 images"))
    #expect(
      verdict([(0.8, 0.7), (0.9, 0.9), (0.96, 0.94)])
        == .holdsOnly(when: "at 100, 4,000 images"))
    // A lead within the spread of the seeds is none.
    let wide = CNNvsMLP.Pair(size: 1, cnn: Spread([0.8, 0.9]), mlp: Spread([0.83, 0.85]))
    #expect(CNNvsMLP.judge("claim", "images", [wide]).verdict == .doesNotHold)
  }

  @Test func imagesNeeded() throws {
    let few = pairs([(0.8, 0.7), (0.9, 0.8), (0.96, 0.85)])
    // Half way between 100 and 1,000 on a logarithmic scale.
    #expect(abs(try #require(CNNvsMLP.imagesNeeded(few)) - 316.2) < 0.1)
    #expect(CNNvsMLP.judgeImages(few).verdict == .holds)
    let most = pairs([(0.6, 0.7), (0.8, 0.8), (0.96, 0.94)])
    #expect(CNNvsMLP.judgeImages(most).verdict == .doesNotHold)
    let never = pairs([(0.6, 0.7), (0.8, 0.8), (0.9, 0.94)])
    #expect(CNNvsMLP.imagesNeeded(never) == nil)
    #expect(CNNvsMLP.judgeImages(never).verdict == .doesNotHold)
  }

  @Test func collapse() {
    let verdict = { (linear: Double, other: Double) in
      CNNvsMLP.judgeCollapse(
        .init(error: ["linear CNN": Spread([linear]), "CNN": Spread([other])])
      ).verdict
    }
    #expect(verdict(4e-7, 0.6) == .holds)
    #expect(verdict(1e-3, 0.6) == .doesNotHold)
    // A measure that finds everything linear proves nothing.
    #expect(verdict(4e-7, 4e-7) == .doesNotHold)
    #expect(CNNvsMLP.judgeCollapse(.init()).verdict == .doesNotHold)
  }

  @Test func linearAccuracy() {
    let verdict = { (linear: Double, regression: Double, cnn: Double) in
      CNNvsMLP.judgeLinearAccuracy(
        .init(accuracy: [
          "linear CNN": spread(linear), "softmax regression": spread(regression),
          "CNN": spread(cnn),
        ])
      ).verdict
    }
    #expect(verdict(0.901, 0.9, 0.97) == .holds)
    #expect(verdict(0.93, 0.9, 0.97) == .doesNotHold)
    #expect(verdict(0.901, 0.9, 0.9) == .doesNotHold)
    #expect(verdict(0.85, 0.9, 0.97) == .holdsOnly(when: "as it is even worse"))
  }
}

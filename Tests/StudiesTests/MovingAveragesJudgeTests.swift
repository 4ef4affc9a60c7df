import GraphIR
import Studies
import Testing

/// The verdicts on averages follow from the figures, and the averages are what they are called.
@Suite struct MovingAveragesJudgeTests {
  private func race(
    _ setting: String = "digits", _ method: MovingAverages.Method = .momentum,
    exponential: Double, linear: Double
  ) -> MovingAverages.Race {
    MovingAverages.Race(
      setting, method, exponential: Spread([exponential - 0.001, exponential + 0.001]),
      linear: Spread([linear - 0.001, linear + 0.001]))
  }

  @Test func races() {
    #expect(MovingAverages.judge(race(exponential: 0.05, linear: 0.2)).verdict == .holds)
    #expect(MovingAverages.judge(race(exponential: 0.2, linear: 0.05)).verdict == .doesNotHold)
    // Worse, but by less than a tenth.
    #expect(MovingAverages.judge(race(exponential: 0.2, linear: 0.21)).verdict == .doesNotHold)
    // Worse on the average, but not beyond chance.
    let noisy = MovingAverages.Race(
      "digits", .adam, exponential: Spread([0.1, 0.3]), linear: Spread([0.15, 0.35]))
    #expect(MovingAverages.judge(noisy).verdict == .doesNotHold)
    let diverged = race(exponential: 0.05, linear: .infinity)
    #expect(MovingAverages.judge(diverged).verdict == .holds)
  }

  @Test func summary() {
    let (yes, no) = (
      race("moving", exponential: 0.1, linear: 1), race("fixed", exponential: 1, linear: 0.1)
    )
    #expect(MovingAverages.summary([yes, yes]).verdict == .holds)
    #expect(MovingAverages.summary([no]).verdict == .doesNotHold)
    let other = race("moving", .adam, exponential: 0.1, linear: 1)
    #expect(
      MovingAverages.summary([yes, no, other]).verdict
        == .holdsOnly(when: "for momentum (moving); Adam (everywhere)"))
  }

  @Test func lag() {
    let judge = { (lag: Double, cosine: Double) in
      MovingAverages.judge(
        lag: Spread([lag, lag + 1]), exponential: Spread([5, 6]),
        alignment: Spread([cosine, cosine]), exponentialAlignment: Spread([0.5, 0.5])
      ).verdict
    }
    #expect(judge(100, 0.1) == .holds)
    #expect(judge(100, 0.7) == .holdsOnly(when: "for the lag, not for the present direction"))
    #expect(judge(5, 0.1) == .holdsOnly(when: "for the present direction, not for the lag"))
    #expect(judge(5, 0.7) == .doesNotHold)
  }

  /// The optimizers written with the builder are those of the library where both have one.
  @Test(arguments: [
    (MovingAverages.Averaging.exponential, Optimizer.adam(learningRate: 0.05)),
    (.linear, .linearAverage(learningRate: 0.05)),
  ]) func recipes(_ averaging: MovingAverages.Averaging, _ optimizer: Optimizer) throws {
    let builder = GraphBuilder("valley")
    let w = builder.variable("w", .f64, [3], initializer: .uniform(bound: 1))
    let target = builder.constant(Tensor([1.0, -2, 3], shape: [3]))
    builder.output("loss", (w - target).squared().sum())
    let forward = try builder.build()
    var own = try Interpreter(
      MovingAverages.Recipe(.adam, averaging, rate: 0.05).step(forward), seed: 1)
    var library = try Interpreter(
      TrainingStep.build(forward: forward, optimizer: optimizer), seed: 1)
    for _ in 0..<20 {
      _ = try own.run(inputs: [:])
      _ = try library.run(inputs: [:])
    }
    let (a, b) = (own.variables["w"]?.values ?? [], library.variables["w"]?.values ?? [])
    #expect(a.count == 3)
    for (a, b) in zip(a, b) { #expect(abs(a - b) < 1e-9) }
  }
}

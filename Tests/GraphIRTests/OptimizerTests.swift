import GraphIR
import Testing

/// Three steps on loss = sum(a w^2) from the same start, against PyTorch in f64.
@Suite struct OptimizerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let optimizer: Optimizer
    var clip = GradientClipping.none
    let weights: [Double]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "sgd", optimizer: .sgd(learningRate: 0.05),
      weights: [0.7290000000000001, -0.432, 2.780578125]),
    Case(
      name: "sgd, weight decay", optimizer: .sgd(learningRate: 0.05, weightDecay: 0.1),
      weights: [0.716917375, -0.42128974999999996, 2.738019]),
    Case(
      name: "momentum", optimizer: .sgd(learningRate: 0.05, momentum: 0.9),
      weights: [0.486, 1.0800000000000003, 2.5882031249999997]),
    Case(
      name: "nesterov", optimizer: .sgd(learningRate: 0.05, momentum: 0.9, nesterov: true),
      weights: [0.32732100000000003, 0.8665920000000003, 2.422080984375]),
    Case(
      name: "adagrad", optimizer: .adaGrad(learningRate: 0.05),
      weights: [0.8879107575087726, -1.8868216649982192, 2.8864686104410318]),
    Case(
      name: "rmsprop", optimizer: .rmsProp(learningRate: 0.05),
      weights: [0.15484370468120146, -0.9813609324768642, 1.9338459306012425]),
    Case(
      name: "adam", optimizer: .adam(learningRate: 0.05),
      weights: [0.8503116964060569, -1.8501369220768427, 2.850087285896284]),
    Case(
      name: "adam, weight decay", optimizer: .adam(learningRate: 0.05, weightDecay: 0.1),
      weights: [0.8503116963695975, -1.850136922075673, 2.85008728572842]),
    Case(
      name: "adamw", optimizer: .adamW(learningRate: 0.05, weightDecay: 0.1),
      weights: [0.8361739414819791, -1.8210666351748557, 2.8060895571849707]),
    // No optimizer of PyTorch's: the formula, step by step, in its tensors.
    Case(
      name: "linear average", optimizer: .linearAverage(learningRate: 0.05),
      weights: [0.8500625177716356, -1.8500149585921684, 2.850006553364513]),
    Case(
      name: "clip by value", optimizer: .sgd(learningRate: 0.05), clip: .value(1.5),
      weights: [0.7750000000000001, -1.7750000000000001, 2.780578125]),
    Case(
      name: "clip by norm", optimizer: .sgd(learningRate: 0.05), clip: .globalNorm(1.5),
      weights: [0.9714147607734425, -1.777872297251316, 2.978405580626642]),
  ]

  @Test(arguments: cases) func threeSteps(_ item: Case) throws {
    let graph = try TrainingStep.build(
      forward: quadratic(), optimizer: item.optimizer, clip: item.clip)
    var interpreter = try Interpreter(graph)
    for _ in 0..<3 { _ = try interpreter.run(inputs: [:]) }
    let weights = try #require(interpreter.variables["w"]?.values)
    for (weight, expected) in zip(weights, item.weights) {
      #expect(abs(weight - expected) <= 1e-14, "\(weights) for \(item.weights)")
    }
    #expect(interpreter.variables["optimizer.step"]?.values == [3])
  }

  @Test func statesAreNamedAfterTheirParameter() throws {
    let graph = try TrainingStep.build(forward: quadratic(), optimizer: .adam())
    #expect(
      graph.variables.map(\.variable.key)
        == ["w", "optimizer.step", "optimizer.w.exp_avg", "optimizer.w.exp_avg_sq"])
    #expect(graph.variables.dropFirst().allSatisfy { $0.variable.role == .state })
    #expect(graph.outputs.map(\.name) == ["loss", "lr"])
  }

  @Test func normBeforeClippingIsAnOutput() throws {
    let graph = try TrainingStep.build(
      forward: quadratic(), optimizer: .sgd(), clip: .globalNorm(.infinity))
    var interpreter = try Interpreter(graph)
    let norm = try #require(try interpreter.run(inputs: [:])["grad_norm"]?.values[0])
    #expect(abs(norm - (4 + 256 + 2.25).squareRoot()) < 1e-12)
  }

  /// Late and early corrections are those of f64, and shared by all parameters.
  @Test func scalarsArePerStep() throws {
    let b = GraphBuilder("two")
    let v = b.variable("v", .f32, [2], initializer: .ones)
    let w = b.variable("w", .f32, [2], initializer: .ones)
    b.output("loss", (v * w).sum())
    let graph = try TrainingStep.build(forward: try b.build(), optimizer: .adam())
    #expect(graph.nodes.filter { $0.op.name == "pow" }.count == 2)
    #expect(graph.nodes.filter { $0.op.name == "pow" }.allSatisfy { $0.type.dtype == .f64 })
    var interpreter = try Interpreter(graph)
    interpreter.variables["optimizer.step"]?.values = [999_999]
    let before = try #require(interpreter.variables["w"]?.values[0])
    _ = try interpreter.run(inputs: [:])
    let after = try #require(interpreter.variables["w"]?.values[0])
    // g = 1, so m = 0.1, v = 0.001, and the corrections have faded to 1.
    #expect(abs(before - after - 1e-3 * 0.1 / 0.001.squareRoot()) < 1e-8)
  }

  private func quadratic() throws -> Graph {
    let b = GraphBuilder("quadratic")
    let a = b.constant(Tensor([1.0, 4.0, 0.25], shape: [3]))
    let start = Tensor([1.0, -2.0, 3.0], shape: [3])
    let w = b.variable("w", .f64, [3], initializer: .given(start))
    b.output("loss", (a * w * w).sum())
    return try b.build()
  }
}

/// Learning rates against PyTorch's schedulers.
@Suite struct ScheduleTests {
  static let warmCosine = Schedule.warmUp(steps: 2, then: .cosine(steps: 4, minimum: 0))
  static let cases: [(Schedule, [Double])] = [
    (.constant, [0.1, 0.1]),
    (.step(every: 2, factor: 0.5), [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]),
    (
      .cosine(steps: 4, minimum: 0.01),
      [0.1, 0.08681980515339464, 0.055, 0.023180194846605363, 0.01, 0.023180194846605363, 0.055]
    ),
    (.warmUp(steps: 4, then: .constant), [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]),
    (warmCosine, [0.05, 0.1, 0.1, 0.08535533905932738, 0.05, 0.014644660940672627]),
  ]

  @Test(arguments: cases) func rates(_ schedule: Schedule, _ rates: [Double]) throws {
    let b = GraphBuilder("line")
    b.output("loss", b.variable("w", .f32, [], initializer: .ones) * 2)
    let graph = try TrainingStep.build(
      forward: try b.build(), optimizer: .sgd(learningRate: 0.1), schedule: schedule)
    var interpreter = try Interpreter(graph)
    for (step, expected) in rates.enumerated() {
      let rate = try #require(try interpreter.run(inputs: [:])["lr"]?.values[0])
      #expect(abs(rate - expected) < 1e-15, "step \(step): \(rate) for \(expected)")
    }
  }

  @Test func parsing() throws {
    #expect(try Schedule(parsing: "constant", steps: 10) == .constant)
    #expect(try Schedule(parsing: "step:5:0.5", steps: 10) == .step(every: 5, factor: 0.5))
    #expect(try Schedule(parsing: "cosine", steps: 10) == .cosine(steps: 10, minimum: 0))
    #expect(try Schedule(parsing: "cosine:7:1e-5", steps: 10) == .cosine(steps: 7, minimum: 1e-5))
    #expect(
      try Schedule(parsing: "warmup:4,cosine", steps: 10)
        == .warmUp(steps: 4, then: .cosine(steps: 6, minimum: 0)))
    #expect(try Schedule(parsing: "warmup:4", steps: 10) == .warmUp(steps: 4, then: .constant))
  }

  @Test(arguments: [
    "", ":", "linear", "step", "step:2", "step:x:1", "step:1.5:2", "cosine:1:2:3", "warmup",
    "warmup:2,warmup:3", "warmup:2,", "cosine,step:1:2", "cosine:1e400",
  ]) func unknown(_ text: String) {
    let error = #expect(throws: OptimizerError.self) { try Schedule(parsing: text, steps: 10) }
    let part = text.hasPrefix("warmup:2,") && !text.hasSuffix("3") ? "" : text
    #expect(
      error?.description
        == "unknown schedule '\(part)'; there are constant, step:EVERY:FACTOR, "
        + "cosine[:STEPS[:MINIMUM]], each after warmup:STEPS, if wanted")
  }

  @Test func wrongNumbers() {
    let error = #expect(throws: OptimizerError.self) {
      try Schedule(parsing: "step:0:0.5", steps: 10)
    }
    #expect(
      error?.description == "schedule step: every and factor must be above 0, not 0 and 0.5")
  }
}

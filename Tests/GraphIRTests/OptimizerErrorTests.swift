import GraphIR
import Testing

@Suite struct OptimizerErrorTests {
  @Test func names() throws {
    for name in Optimizer.names { _ = try Optimizer.named(name) }
    #expect(try Optimizer.named("adam", learningRate: 0.5) == .adam(learningRate: 0.5))
    #expect(try Optimizer.named("adamw").weightDecay == 0.01)
    let error = #expect(throws: OptimizerError.self) { try Optimizer.named("adma") }
    #expect(
      error?.description
        == "unknown optimizer 'adma', did you mean 'adam'? There are sgd, momentum, nesterov, "
        + "adagrad, rmsprop, adam, adamw, linear-average")
  }

  @Test func settings() {
    let error = #expect(throws: OptimizerError.self) {
      try Optimizer.named("sgd", learningRate: -1)
    }
    #expect(error?.description == "the learning rate must be 0 or more, not -1.0")
    #expect(throws: OptimizerError("the betas must be in 0..<1, not 1.0 and 0.999")) {
      try TrainingStep.build(forward: Graph(name: "g"), optimizer: .adam(beta1: 1))
    }
    #expect(throws: OptimizerError("gradients cannot be clipped at 0.0: it must be above 0")) {
      try TrainingStep.build(
        forward: Graph(name: "g"), optimizer: .adam(), clip: .globalNorm(0))
    }
  }

  @Test func graphs() throws {
    #expect(message(Graph(name: "g")) == "graph 'g' has no output 'loss': it has no outputs")

    let noParameter = GraphBuilder("g")
    noParameter.output("loss", noParameter.input("x", .f32, []))
    #expect(message(try noParameter.build()) == "graph 'g' has no parameters to train")

    let unused = GraphBuilder("g")
    _ = unused.variable("w", .f32, [2], initializer: .zeros)
    unused.output("loss", unused.input("x", .f32, []))
    #expect(
      message(try unused.build())
        == "graph 'g': no gradient reaches a parameter\n"
        + "no gradient reaches variable 'w': it is not used by the loss")

    let updated = GraphBuilder("g")
    let w = updated.variable("w", .f32, [], initializer: .zeros)
    updated.output("loss", w * 2)
    updated.update(w, to: w + 1)
    #expect(
      message(try updated.build())
        == "variable 'w' is updated already: give the forward graph, or make it a state")
  }

  @Test func unusedParametersAreLeftAlone() throws {
    let b = GraphBuilder("g")
    let w = b.variable("w", .f32, [], initializer: .ones)
    _ = b.variable("b", .f32, [2], initializer: .ones)
    b.output("loss", w * w)
    let step = try TrainingStep(try b.build(), optimizer: .adam(weightDecay: 0.1))
    #expect(step.report == ["no gradient reaches variable 'b': it is not used by the loss"])
    #expect(!step.graph.variables.contains { $0.variable.key == "optimizer.b.exp_avg" })
  }

  private func message(_ graph: Graph) -> String? {
    #expect(throws: BuildError.self) {
      try TrainingStep.build(forward: graph, optimizer: .sgd())
    }?.message
  }
}

@Suite struct RandomKeyTests {
  @Test func oneKeyAGraph() throws {
    let b = GraphBuilder("random")
    let first = b.randomKey()
    let second = b.scope("layer") { b.randomKey() }
    #expect(first.id == second.id)
    #expect(first.type == TensorType(.i64, [2]))
    b.output("key", first)
    let graph = try b.build()
    #expect(graph.variables.map(\.variable.key) == ["random.seed", "random.step"])
    var interpreter = try Interpreter(graph)
    interpreter.variables["random.seed"]?.values = [7]
    #expect(try interpreter.run(inputs: [:])["key"]?.values == [7, 0])
    #expect(try interpreter.run(inputs: [:])["key"]?.values == [7, 1])
  }

  @Test func trainingKeepsTheUpdate() throws {
    let b = GraphBuilder("noise")
    let w = b.variable("w", .f32, [3], initializer: .ones)
    let noise = b.randomUniform(key: b.randomKey(), like: w)
    b.output("loss", (w * noise).sum())
    var interpreter = try Interpreter(
      try TrainingStep.build(forward: try b.build(), optimizer: .sgd()))
    let losses = try (0..<2).map { _ in try interpreter.run(inputs: [:])["loss"]?.values[0] }
    #expect(losses[0] != losses[1])
    #expect(interpreter.variables["random.step"]?.values == [2])
  }
}

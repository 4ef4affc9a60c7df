import Codegen
import GraphIR
import Models
import Runtime
import TestSupport
import Testing

/// Second derivatives of whole models, against differences of their gradients in double precision.
@Suite struct SecondDerivativeTests {
  /// A forward graph, its parameters, and vectors for them.
  private struct Subject {
    let forward: Graph
    let inputs: [String: Tensor]
    let vectors: [(name: String, vector: Tensor)]
    let interpreter: Interpreter

    init(_ forward: Graph, seed: Int) throws {
      self.forward = forward
      inputs = SmallTraining(step: forward).batch(seed)
      interpreter = try Interpreter(forward, seed: seed)
      vectors = forward.parameters.enumerated().map { place, parameter in
        let type = parameter.variable.type
        let values = FixtureGenerator.uniform(
          seed: FixtureGenerator.batchSeed(step: 77, index: place), count: type.shape.count)
        return (
          parameter.variable.key, Tensor(type, doubles: values.map { 2 * Double($0) - 1 })
        )
      }
    }

    /// What `body` makes of the loss and the parameters, an output for each parameter's name.
    func graph(_ body: (GraphBuilder, Value, [Value]) -> [Value]) throws -> Graph {
      let builder = GraphBuilder(continuing: forward)
      let loss = try #require(forward.output("loss"))
      let parameters = forward.parameters.map { builder.value($0.id) }
      for (value, (name, _)) in zip(body(builder, builder.value(loss), parameters), vectors) {
        builder.output("result \(name)", value)
      }
      return try builder.build()
    }

    func run(_ graph: Graph, movedBy step: Double) throws -> [String: [Double]] {
      var moved = try Interpreter(graph)
      moved.variables = interpreter.variables
      for (name, vector) in vectors {
        guard let value = moved.variables[name] else { continue }
        let values = zip(value.values, vector.doubles).map { $0 + step * $1 }
        moved.variables[name] = ReferenceTensor(value.type, values)
      }
      return try moved.run(inputs: inputs).mapValues(\.values)
    }

    /// The Hessian times the vectors, from differences of gradients.
    func differences(step: Double = 1e-6) throws -> [String: [Double]] {
      let gradients = try graph { $0.gradients(of: $1, withRespectTo: $2) }
      let above = try run(gradients, movedBy: step)
      let below = try run(gradients, movedBy: -step)
      return above.merging(below) { up, down in zip(up, down).map { ($0 - $1) / (2 * step) } }
    }
  }

  private static func subject(_ name: String) throws -> Subject {
    let sizes = try #require(SmallTraining.sizes[name])
    return try Subject(try Zoo.named(name).build(batch: 6, sizes: sizes), seed: 1)
  }

  /// The cnn has a maximum over windows and ReLU, whose second derivatives are those of what is
  /// linear around a point.
  @Test(arguments: ["classifier", "cnn", "autoencoder", "transformer"])
  func hessianVectorProducts(_ name: String) throws {
    let subject = try Self.subject(name)
    let expected = try subject.differences()
    let product = try subject.graph { builder, loss, parameters in
      let vectors = subject.vectors.map { builder.constant($0.vector) }
      return builder.hessianVectorProduct(of: loss, withRespectTo: parameters, vectors: vectors)
    }
    let exact = try subject.run(product, movedBy: 0)
    let run = try CompiledRun(product, threads: 2)
    for (name, value) in subject.interpreter.variables {
      try run.state.set(name, to: Tensor(value.type, doubles: value.values))
    }
    let compiled = try run.executable.run(subject.inputs)
    let largest = expected.filter { $0.key.hasPrefix("result ") }.values.joined().map(abs).max()
    #expect(try #require(largest) > 1e-3)
    for (parameter, _) in subject.vectors {
      let wanted = try #require(expected["result \(parameter)"])
      let interpreted = try #require(exact["result \(parameter)"])
      let scale = max(wanted.map(abs).max() ?? 0, 1e-4 * (largest ?? 0))
      let worst = zip(interpreted, wanted).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= 1e-6 * scale, "\(name), \(parameter): \(worst) of \(scale)")
      let tensor = try #require(compiled["result \(parameter)"])
      let distance = zip(tensor.doubles, wanted).map { abs($0 - $1) }.max() ?? 0
      #expect(distance <= 1e-5 * scale, "\(name), \(parameter) compiled: \(distance) of \(scale)")
    }
  }

  /// How the gradient of the images changes as the parameters move.
  @Test func hessianBlockOfInputs() throws {
    let subject = try Self.subject("cnn")
    let image = try #require(subject.forward.inputs.first { $0.input.key == "x" }).id
    let gradient = try subject.graph { builder, loss, _ in
      builder.gradients(of: loss, withRespectTo: [builder.value(image)])
    }
    let product = try subject.graph { builder, loss, parameters in
      let vectors = subject.vectors.map { builder.constant($0.vector) }
      return builder.hessianVectorProduct(
        of: loss, along: parameters, vectors: vectors, withRespectTo: [builder.value(image)])
    }
    let result = "result \(subject.vectors[0].name)"
    let above = try #require(try subject.run(gradient, movedBy: 1e-6)[result])
    let below = try #require(try subject.run(gradient, movedBy: -1e-6)[result])
    let wanted = zip(above, below).map { ($0 - $1) / 2e-6 }
    let run = try CompiledRun(product, threads: 2)
    for (name, value) in subject.interpreter.variables {
      try run.state.set(name, to: Tensor(value.type, doubles: value.values))
    }
    let found = try #require(try run.executable.run(subject.inputs)[result]).doubles
    let scale = wanted.map(abs).max() ?? 0
    #expect(scale > 1e-3)
    let distance = zip(found, wanted).map { abs($0 - $1) }.max() ?? 0
    #expect(distance <= 1e-5 * scale, "\(distance) of \(scale)")
  }

  /// A critic whose loss holds the length of its own gradient (Gulrajani et al. 2017).
  private static func critic() throws -> Graph {
    let builder = GraphBuilder("critic")
    let real = builder.input("real", .f32, [16, 6])
    let made = builder.input("made", .f32, [16, 6])
    let share = builder.input("share", .f32, [16, 1])
    let critic = MLP(builder, [6, 24, 24, 1], activation: .silu)
    let between = share * real + (1 - share) * (made * made)
    let penalty = critic(between).gradientPenalty(of: between)
    let distance = critic(made * made).mean() - critic(real).mean()
    builder.output("loss", distance + 10 * penalty)
    builder.output("penalty", penalty)
    return try builder.build()
  }

  @Test func aLossThatHoldsAGradientTrains() throws {
    let forward = try Self.critic()
    let step = try TrainingStep.build(forward: forward, optimizer: .adam(learningRate: 5e-3))
    let training = SmallTraining(step: step)
    let state = try ModelState(StateLayout([step]))
    try state.initialize(step, seed: 1, options: .sharingSmall(threads: 2))
    let executable = try Compilation.executable(
      step, state: state, options: .sharingSmall(threads: 2))
    var losses: [Double] = []
    var penalties: [Double] = []
    for _ in 0..<150 {
      let outputs = try executable.run(training.batch(0))
      losses += outputs["loss"]?.doubles ?? []
      penalties += outputs["penalty"]?.doubles ?? []
    }
    let last = try #require(losses.last)
    #expect(last < losses[0] - 1, "\(losses[0]) became \(last)")
    // At first all lengths are about 0.1, far from 1.
    #expect(penalties[0] > 0.5)
    #expect(try #require(penalties.last) < 0.1)
  }

  @Test func gradientsOfThatLossAgreeWithDifferences() throws {
    let subject = try Subject(try Self.critic(), seed: 2)
    let gradients = try subject.graph { $0.gradients(of: $1, withRespectTo: $2) }
    let exact = try subject.run(gradients, movedBy: 0)
    let along = subject.vectors.reduce(0) { sum, parameter in
      let products = zip(exact["result \(parameter.name)"] ?? [], parameter.vector.doubles).map(*)
      return sum + products.reduce(0, +)
    }
    let above = try subject.run(subject.forward, movedBy: 1e-5)["loss"] ?? []
    let below = try subject.run(subject.forward, movedBy: -1e-5)["loss"] ?? []
    let difference = try #require(zip(above, below).map { ($0 - $1) / 2e-5 }.first)
    #expect(abs(along - difference) <= 1e-7 * abs(difference), "\(along), not \(difference)")
    let run = try CompiledRun(gradients, threads: 2)
    for (name, value) in subject.interpreter.variables {
      try run.state.set(name, to: Tensor(value.type, doubles: value.values))
    }
    let compiled = try run.executable.run(subject.inputs)
    for (parameter, _) in subject.vectors {
      let name = "result \(parameter)"
      let worst = Comparison(try #require(compiled[name]), try #require(exact[name]))
      #expect(worst.relative <= 1e-5, "\(parameter): \(worst)")
    }
  }
}

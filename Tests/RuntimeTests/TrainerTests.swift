import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct TrainerTests {
  @Test func lowersTheLossAndReportsEveryEpoch() throws {
    let trainer = try TinyTraining.trainer(
      TinyTraining.settings(.epochs(40)), model: TinyTraining.model())
    var steps: [Int] = []
    let result = try trainer.run(observe: { event in
      if case .step(let report) = event { steps.append(report.rows) }
    })
    #expect(Array(steps.prefix(3)) == [8, 8, 6], "the short batch is neither padded nor dropped")
    #expect(result.steps == 120)
    #expect(result.epochs.map(\.epoch) == Array(1...40))
    let (first, last) = (result.epochs[0], result.epochs[39])
    #expect(last.loss < first.loss / 4)
    #expect(try #require(last.validationLoss) < 0.2)
  }

  @Test func followsTheInterpreter() throws {
    let data = try TinyTraining.regression()
    var settings = TinyTraining.settings(.epochs(2))
    settings.shuffles = false
    let trainer = try Trainer(model: TinyTraining.model(), train: data, settings: settings)
    var values: [String: ReferenceTensor] = [:]
    for (name, tensor) in trainer.state.tensors {
      values[name] = ReferenceTensor(tensor.type, tensor.doubles)
    }
    var expected: [Double] = []
    for start in [0, 8, 16, 0, 8, 16] {
      let rows = Array(start..<min(start + 8, 22))
      let graph = try TrainingStep.build(
        forward: TinyTraining.forward(rows.count), optimizer: .adam(learningRate: 0.02))
      var oracle = try Interpreter(graph)
      oracle.variables = values
      let outputs = try oracle.run(inputs: [
        "x": data.batch(0, indices: rows, as: .f32),
        "y": data.batch(1, indices: rows, as: .f32).reshaped([rows.count, 1]),
      ])
      values = oracle.variables
      expected.append(try #require(outputs["loss"]).values[0])
    }
    var losses: [Double] = []
    _ = try trainer.run(observe: { event in
      if case .step(let report) = event { losses.append(report.loss) }
    })
    for (loss, reference) in zip(losses, expected) {
      #expect(abs(loss - reference) < 1e-5 * max(1, abs(reference)))
    }
  }

  @Test func givesTheSameBytesAtEveryNumberOfThreads() throws {
    let snapshots = try (1...4).map { threads in
      let trainer = try TinyTraining.trainer(TinyTraining.settings(threads: threads))
      _ = try trainer.run()
      return trainer.state.snapshot()
    }
    for snapshot in snapshots { #expect(snapshot == snapshots[0]) }
  }

  @Test func seedsDecideTheBytes() throws {
    func weights(_ seed: Int) throws -> [UInt8] {
      var settings = TinyTraining.settings()
      settings.seed = seed
      let trainer = try TinyTraining.trainer(settings)
      _ = try trainer.run()
      return trainer.state.snapshot()
    }
    #expect(try weights(1) == weights(1))
    #expect(try weights(1) != weights(2))
  }

  @Test func stopsInTheMidstOfAnEpoch() throws {
    let trainer = try TinyTraining.trainer(TinyTraining.settings(.steps(4)))
    let result = try trainer.run()
    #expect(result.steps == 4)
    #expect(result.epochs.map(\.step) == [3, 4])
    #expect(result.epochs.map(\.epoch) == [1, 2])
  }

  @Test func evaluationWeighsRowsAlikeAndChangesNothing() throws {
    let trainer = try TinyTraining.trainer(TinyTraining.settings())
    let data = try TinyTraining.regression(rows: 11)
    let before = trainer.state.snapshot()
    let evaluation = try trainer.evaluate(data)
    let predictions = try trainer.predict("prediction", of: data)
    #expect(predictions.type == TensorType(.f32, [11, 1]))
    let targets = try data.array("y").tensor.doubles
    let errors = zip(predictions.doubles, targets).map { ($0 - $1) * ($0 - $1) }
    #expect(abs(evaluation.loss - errors.reduce(0, +) / 11) < 1e-6)
    #expect(trainer.state.snapshot() == before)
  }

  @Test func trainsAGraphThatHoldsItsUpdates() throws {
    let step = try TrainingStep.build(
      forward: TinyTraining.forward(11), optimizer: .sgd(learningRate: 0.1))
    let model = try TrainingModel(whole: step)
    let data = try TinyTraining.regression()
    let result = try Trainer(
      model: model, train: data, settings: TinyTraining.settings(.epochs(5), batch: 11)
    ).run()
    #expect(result.epochs[4].loss < result.epochs[0].loss)
    let text = message {
      _ = try Trainer(model: model, train: data, settings: TinyTraining.settings(batch: 8))
    }
    #expect(text.contains("takes exactly 11 rows"))
    #expect(text.contains("train the forward graph"))
  }

  @Test func trainsByStepsOfOnesOwn() throws {
    // Plain descent written with the builder, which is what the built-in one must do too.
    let own = TrainingModel(name: "tiny", evaluation: { try TinyTraining.forward($0) }) { rows in
      let forward = try TinyTraining.forward(rows)
      let builder = GraphBuilder(continuing: forward)
      let loss = builder.value(try #require(forward.output("loss")))
      let weights = forward.parameters.map { builder.value($0.id) }
      for (weight, gradient) in zip(weights, builder.gradients(of: loss, withRespectTo: weights)) {
        builder.update(weight, to: weight - 0.1 * gradient)
      }
      return try builder.build()
    }
    let given = TinyTraining.model(optimizer: .sgd(learningRate: 0.1))
    let trainers = try [own, given].map { model in
      try TinyTraining.trainer(TinyTraining.settings(), model: model)
    }
    let results = try trainers.map { try $0.run() }
    #expect(results[0].steps == 9)
    #expect(results[0].epochs == results[1].epochs)
    for name in ["w0", "w1"] { #expect(trainers[0].state[name] == trainers[1].state[name]) }
  }
}

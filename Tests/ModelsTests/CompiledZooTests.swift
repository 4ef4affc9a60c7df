import Codegen
import GraphIR
import Models
import Runtime
import TestSupport
import Testing

/// What must hold of every compiled training step, whatever the model.
@Suite struct CompiledZooTests {
  /// Every output and every variable, step by step, from the same bits.
  @Test(arguments: Zoo.models.map(\.name))
  func interpreterAndCompiledAgree(_ name: String) throws {
    let training = try SmallTraining(name, batch: 7)
    let options = Compilation.Options(threads: 2)
    let state = try ModelState(StateLayout([training.step]))
    try state.initialize(training.step, seed: 1, options: options)
    let executable = try Compilation.executable(training.step, state: state, options: options)
    var interpreter = try Interpreter(training.step, seed: 1)
    try compare(state, interpreter, "\(name) at the start", tolerance: 1e-6)
    for index in 0..<3 {
      let batch = training.batch(index)
      let compiled = try executable.run(batch)
      let reference = try interpreter.run(inputs: batch)
      for (output, expected) in reference.sorted(by: { $0.key < $1.key }) {
        let worst = Comparison(try #require(compiled[output]), expected.values)
        #expect(worst.relative < 1e-4, "\(name) step \(index) \(output): \(worst)")
      }
      // Adam divides by the gradient's size: a gradient of nearly 0 may take either sign.
      try compare(state, interpreter, "\(name) step \(index)", tolerance: 2e-3)
    }
  }

  /// The moments after the first step are the gradients, linear and squared.
  @Test(arguments: Zoo.models.map(\.name))
  func firstGradientsAgreeOnEveryInstructionSet(_ name: String) throws {
    let training = try SmallTraining(name, batch: 5)
    var interpreter = try Interpreter(training.step, seed: 2)
    _ = try interpreter.run(inputs: training.batch(0))
    for set in Machine.InstructionSet.available {
      let options = Compilation.Options.sharingSmall(threads: 2, instructionSet: set)
      let state = try ModelState(StateLayout([training.step]))
      try state.initialize(training.step, seed: 2, options: options)
      let executable = try Compilation.executable(training.step, state: state, options: options)
      _ = try executable.run(training.batch(0))
      try compare(state, interpreter, "\(name) on \(set.name), step 0", tolerance: 2e-3)
    }
  }

  private func compare(
    _ state: ModelState, _ interpreter: Interpreter, _ place: String, tolerance: Double
  ) throws {
    for (name, tensor) in state.tensors where FixtureTraining.isDefined(name) {
      let expected = try #require(interpreter.variables[name]).values
      let worst = Comparison(tensor, expected)
      // Moments are linear and quadratic in the gradients, and nothing is divided by them yet.
      let isFirstMoment = name.hasPrefix("optimizer.") && place.hasSuffix("step 0")
      // Diffusion's time becomes waves of 1000 t, which rounding t shifts by 3e-5.
      let rounding = place.hasPrefix("diffusion") ? 1e-4 : 5e-6
      let allowed = isFirstMoment ? rounding : tolerance
      #expect(worst.relative <= allowed, "\(place) \(name): \(worst)")
    }
  }

  @Test(arguments: Zoo.models.map(\.name))
  func weightsDoNotDependOnThreads(_ name: String) throws {
    let training = try SmallTraining(name, batch: 33)
    let one = try training.train(steps: 20, options: .init(threads: 1))
    #expect(one.losses.allSatisfy(\.isFinite) && Set(one.losses).count > 1)
    for threads in 2...4 {
      let many = try training.train(steps: 20, options: .sharingSmall(threads: threads))
      #expect(many.losses == one.losses, "\(threads) threads")
      for (variable, tensor) in one.weights {
        #expect(many.weights[variable] == tensor, "\(variable) on \(threads) threads")
      }
    }
  }

  /// At the sizes people train, where products are cut into blocks and shared between threads.
  @Test(arguments: FixtureTraining.models)
  func wholeModelsDoNotDependOnThreads(_ name: String) throws {
    let fixtures = try FixtureGeneratorTests.fixtures().models
    let fixture = try #require(fixtures.first { $0.name == name })
    let step = try fixture.step()
    let batch = fixture.batch(0)
    func train(_ threads: Int) throws -> [UInt8] {
      let options = Compilation.Options(threads: threads)
      let state = try ModelState(StateLayout([step]))
      try state.initialize(step, seed: 3, options: options)
      let executable = try Compilation.executable(step, state: state, options: options)
      for (input, tensor) in batch { try executable.set(input, to: tensor) }
      for _ in 0..<20 { executable.run() }
      return state.snapshot()
    }
    let one = try train(1)
    for threads in 2...4 { #expect(try train(threads) == one, "\(threads) threads") }
  }

  @Test(arguments: Zoo.models.map(\.name))
  func trainingLowersTheLoss(_ name: String) throws {
    let training = try SmallTraining(name, batch: 16, optimizer: .adam(learningRate: 3e-3))
    let state = try ModelState(StateLayout([training.step]))
    try state.initialize(training.step, seed: 0, options: .init(threads: 1))
    let executable = try Compilation.executable(
      training.step, state: state, options: .init(threads: 1))
    for (input, tensor) in training.batch(0) { try executable.set(input, to: tensor) }
    let loss = try #require(executable.scalar("loss"))
    executable.run()
    let first = loss.pointee
    for _ in 0..<200 { executable.run() }
    #expect(loss.pointee < 0.97 * first, "\(first) became \(loss.pointee)")
  }
}

import Codegen
import GraphIR
import Models
import Runtime
import TestSupport
import Testing

enum FixtureTraining {
  static let models = [
    "autoencoder", "regression", "classifier", "vae", "attention", "transformer", "cnn",
    "diffusion",
  ]

  /// False for the bias of keys: it shifts all scores of a query alike, so its gradient is nothing
  /// but rounding errors, which Adam scales up to steps of the usual size.
  static func isDefined(_ variable: String) -> Bool {
    let name = variable.replacing("optimizer.", with: "")
    return !(name.hasPrefix("k") && name.contains(".b"))
  }

  /// How far, relatively, the squares of a trained parameter may be from PyTorch's.
  ///
  /// In step 9 of the CNN, of 300,000 numbers before a relu one is -6e-8, half a unit in the last
  /// place of the terms it is the sum of: whether its gradient passes is a matter of the order of
  /// the sum. Up to there all instruction sets stay within 5e-9 of the training in double
  /// precision.
  static func allowance(_ fixture: TrainingFixture) -> Double {
    fixture.name == "cnn" ? 1e-3 : 1e-4
  }
}

/// Compiled training steps against the losses of the same trainings in PyTorch.
@Suite struct TrainingFixtureTests {
  @Test(arguments: FixtureTraining.models, [1, 2])
  func modelsTrainAsInPyTorch(_ name: String, threads: Int) throws {
    let fixtures = try FixtureGeneratorTests.fixtures().models
    try check(try #require(fixtures.first { $0.name == name }), threads: threads)
  }

  @Test func everyOptimizerTrainsAsInPyTorch() throws {
    for fixture in try FixtureGeneratorTests.fixtures().optimizers { try check(fixture) }
  }

  @Test(arguments: Machine.InstructionSet.available.map(\.name))
  func everyInstructionSetTrainsAsPyTorch(_ name: String) throws {
    let set = try #require(Machine.InstructionSet.available.first { $0.name == name })
    let fixtures = try FixtureGeneratorTests.fixtures().models
    let regression = try #require(fixtures.first { $0.name == "regression" })
    try check(regression, options: .sharingSmall(threads: 2, instructionSet: set))
  }

  private func check(_ fixture: TrainingFixture, threads: Int) throws {
    try check(fixture, options: .sharingSmall(threads: threads))
  }

  private func check(
    _ fixture: TrainingFixture, options: Compilation.Options = .init(threads: 1)
  ) throws {
    let step = try fixture.step()
    let state = try ModelState(StateLayout([step]))
    try state.initialize(step, seed: 0, options: options)
    for (name, tensor) in fixture.initialWeights { try state.set(name, to: tensor) }
    let executable = try Compilation.executable(step, state: state, options: options)
    for (index, expected) in fixture.losses.enumerated() {
      let outputs = try executable.run(fixture.batch(index))
      let loss = try #require(outputs["loss"]).doubles[0]
      // Written so that a NaN fails.
      let isClose = abs(loss - expected) <= 1e-5 * abs(expected)
      #expect(isClose, "\(fixture.name) step \(index): loss \(loss), not \(expected)")
      if let rates = fixture.learningRates {
        let rate = try #require(outputs["lr"]).doubles[0]
        #expect(abs(rate - rates[index]) <= 1e-7 * rates[index] + 1e-12, "\(fixture.name)")
      }
    }
    let allowance = FixtureTraining.allowance(fixture)
    for final in fixture.final where FixtureTraining.isDefined(final.name) {
      let squares = try #require(state[final.name]).doubles.reduce(0) { $0 + $1 * $1 }
      let isClose = abs(squares - final.squares) <= allowance * final.squares + 1e-9
      #expect(isClose, "\(fixture.name) \(final.name): squares \(squares), not \(final.squares)")
    }
  }
}

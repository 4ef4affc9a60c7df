import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct TrainerErrorTests {
  private func text(
    model: TrainingModel = TinyTraining.model(), settings: TrainingSettings? = nil,
    data: Dataset? = nil
  ) -> String {
    message {
      _ = try Trainer(
        model: model, train: data ?? TinyTraining.regression(),
        settings: settings ?? TinyTraining.settings())
    }
  }

  @Test func refusesSettingsThatCannotTrain() {
    #expect(text(settings: TinyTraining.settings(batch: 0)).contains("1 row or more, not 0"))
    #expect(text(settings: TinyTraining.settings(.epochs(0))).contains("1 epoch or more, not 0"))
    #expect(text(settings: TinyTraining.settings(.steps(-1))).contains("1 step or more, not -1"))
    let rate = TinyTraining.model(optimizer: .sgd(learningRate: .nan))
    #expect(text(model: rate).contains("learning rate"))
  }

  @Test func refusesDataThatDoesNotFit() throws {
    let narrow = try Dataset(
      arrays: [
        ("x", Tensor([Float](repeating: 0, count: 8), shape: [4, 2])),
        ("y", Tensor([0, 1, 2, 3] as [Float], shape: [4])),
      ], source: "narrow.csv")
    #expect(
      text(data: narrow) == "input 'x' needs f32[4, 3], but narrow.csv has f32[4, 2]")
    let unlabelled = try Dataset(
      arrays: [("x", Tensor([Float](repeating: 0, count: 12), shape: [4, 3]))],
      source: "unlabelled.npy")
    #expect(text(data: unlabelled) == "unlabelled.npy: has no array 'y'; it has: x")
  }

  @Test func refusesAFolderThatCannotBeWritten() throws {
    #expect(
      text(settings: TinyTraining.settings(folder: "/proc/dlc")).contains("cannot be written"))
  }

  @Test func namesStepAndNodeOfTheFirstValueThatIsNotFinite() throws {
    try withTemporaryFolder { folder in
      // log(x) of a weight that shrinks by steps of sign, so it is negative from some step on.
      let model = TrainingModel(name: "shrinking", optimizer: .sgd(learningRate: 0.125)) { rows in
        let builder = GraphBuilder("shrinking")
        let x = builder.input("x", .f32, [rows, 1])
        let w = builder.variable("w", .f32, [1], initializer: .constant(1))
        let positive = (w + x * 0).named("positive")
        let logarithm = builder.located(file: #fileID, line: #line) {
          positive.log().named("logarithm")
        }
        builder.output("loss", (positive.mean() + (logarithm * 0).mean()).named("loss"))
        return try builder.build()
      }
      let data = try Dataset(
        arrays: [("x", Tensor([Float](repeating: 0, count: 6), shape: [6]))], source: "zeros")
      let trainer = try Trainer(
        model: model, train: data,
        settings: TinyTraining.settings(.epochs(20), batch: 2, folder: folder))
      // 1 - 8 / 8 is 0 at step 9: its logarithm times 0 is the first NaN, the infinity itself
      // before.
      let text = message(folder) { _ = try trainer.run() }
      #expect(text.hasPrefix("step 9 (epoch 3): a value is not finite, first %"))
      #expect(text.contains("'logarithm' = log: f32[2, 1]"))
      #expect(text.contains("TrainerErrorTests.swift:"))
      #expect(text.hasSuffix("last.safetensors (step 6) is kept"))
      let kept = try Safetensors.read(folder + "/last.safetensors")
      #expect(kept.metadata["step"] == "6")
    }
  }

  @Test func namesTheInputThatIsNotFinite() throws {
    let data = try TinyTraining.regression(badRow: 20)
    var settings = TinyTraining.settings()
    settings.shuffles = false
    let trainer = try Trainer(model: TinyTraining.model(), train: data, settings: settings)
    let text = message { _ = try trainer.run() }
    #expect(text.hasPrefix("step 3 (epoch 1): a value is not finite, first %0 'x' = input"))
  }

  @Test func writesNoWeightsThatAreNotFinite() throws {
    try withTemporaryFolder { folder in
      // The loss stays finite in the step whose update overflows.
      let model = TrainingModel(name: "leap", optimizer: .sgd(learningRate: 1e38)) { rows in
        let builder = GraphBuilder("leap")
        let x = builder.input("x", .f32, [rows, 1])
        let w = builder.variable("w", .f32, [1], initializer: .constant(1))
        builder.output("loss", (x * w * 100).mean())
        return try builder.build()
      }
      let data = try Dataset(
        arrays: [("x", Tensor([1, 1] as [Float], shape: [2]))], source: "ones")
      let trainer = try Trainer(
        model: model, train: data,
        settings: TinyTraining.settings(.epochs(2), batch: 2, folder: folder))
      let text = message(folder) { _ = try trainer.run() }
      #expect(text.hasPrefix("step 1 (epoch 1): a value is not finite, first %"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/last.safetensors"))
    }
  }
}

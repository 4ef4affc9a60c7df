import Foundation
import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct TrainerResumeTests {
  /// Trains in `folder`, asking to stop after `stop` steps.
  private func train(
    _ folder: String, stop: Int? = nil, resumes: Bool = false, length: TrainingSettings.Length
  ) throws {
    let settings = TinyTraining.settings(length, folder: folder, resumes: resumes)
    let trainer = try TinyTraining.trainer(settings)
    var step = 0
    do {
      _ = try trainer.run(
        observe: { if case .step(let report) = $0 { step = report.step } },
        isInterrupted: { step == stop })
    } catch let error as TrainingInterrupted {
      #expect(error.step == stop)
    }
  }

  @Test(arguments: 1...8) func resumesToTheSameBytes(stop: Int) throws {
    try withTemporaryFolder { folder in
      let (whole, parts) = (folder + "/whole", folder + "/parts")
      try train(whole, length: .epochs(3))
      try train(parts, stop: stop, length: .epochs(3))
      try train(parts, resumes: true, length: .epochs(3))
      for name in ["last.safetensors", "best.safetensors", "metrics.csv"] {
        #expect(try bytes("\(whole)/\(name)") == bytes("\(parts)/\(name)"), "\(name)")
      }
    }
  }

  @Test func trainsLongerThanAtFirst() throws {
    try withTemporaryFolder { folder in
      try train(folder + "/whole", length: .epochs(3))
      try train(folder + "/parts", length: .steps(5))
      try train(folder + "/parts", resumes: true, length: .epochs(3))
      #expect(
        try bytes(folder + "/whole/last.safetensors")
          == bytes(folder + "/parts/last.safetensors"))
    }
  }

  @Test func dropsRowsThatAKillLeftBehindTheCheckpoint() throws {
    try withTemporaryFolder { folder in
      let (whole, parts) = (folder + "/whole", folder + "/parts")
      try train(whole, length: .epochs(3))
      try train(parts, stop: 4, length: .epochs(3))
      let metrics = URL(fileURLWithPath: parts + "/metrics.csv")
      let text = try String(contentsOf: metrics, encoding: .utf8)
      try (text + "5,2,0.5,0.1\n6,2,0.").write(to: metrics, atomically: false, encoding: .utf8)
      try train(parts, resumes: true, length: .epochs(3))
      #expect(try bytes(whole + "/metrics.csv") == bytes(parts + "/metrics.csv"))
    }
  }

  @Test func startsAnewWhereThereIsNoCheckpoint() throws {
    try withTemporaryFolder { folder in
      try train(folder + "/whole", length: .epochs(2))
      try train(folder + "/new", resumes: true, length: .epochs(2))
      #expect(
        try bytes(folder + "/whole/last.safetensors") == bytes(folder + "/new/last.safetensors"))
    }
  }

  @Test func writesCheckpointsWithinEpochs() throws {
    try withTemporaryFolder { folder in
      var settings = TinyTraining.settings(folder: folder)
      settings.checkpointEvery = 2
      let trainer = try TinyTraining.trainer(settings)
      var found: [Bool] = []
      _ = try trainer.run(observe: { event in
        guard case .step = event else { return }
        found.append(FileManager.default.fileExists(atPath: folder + "/last.safetensors"))
      })
      #expect(Array(found.prefix(3)) == [false, false, true])
    }
  }

  @Test func refusesOtherModelsAndSettings() throws {
    try withTemporaryFolder { folder in
      try train(folder, length: .epochs(1))
      func text(
        _ model: TrainingModel = TinyTraining.model(isNoisy: true),
        _ change: (inout TrainingSettings) -> Void = { _ in }
      ) -> String {
        message(folder) {
          var settings = TinyTraining.settings(folder: folder, resumes: true)
          change(&settings)
          _ = try TinyTraining.trainer(settings, model: model)
        }
      }
      #expect(text() == "no error")
      #expect(
        text(TinyTraining.model(width: 6))
          == "last.safetensors: is a checkpoint of another model 'tiny', of other sizes or ops")
      #expect(
        text(TinyTraining.model(isNoisy: true, optimizer: .sgd())).contains("another optimizer"))
      #expect(text { $0.seed = 4 }.contains("was trained with seed 3, not 4"))
      #expect(text { $0.batch = 4 }.contains("was trained with batch 8, not 4"))
      #expect(text { $0.shuffles = false }.contains("was trained with shuffling true, not false"))
      let other = TrainingModel(name: "other", optimizer: .sgd()) {
        try TinyTraining.forward($0)
      }
      #expect(
        text(other) == "last.safetensors: is a checkpoint of model 'tiny', not of 'other'")
    }
  }

  @Test func refusesDamagedCheckpoints() throws {
    try withTemporaryFolder { folder in
      try train(folder, length: .epochs(1))
      let path = folder + "/last.safetensors"
      let good = try bytes(path)
      func text(_ damaged: [UInt8]) throws -> String {
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        return message(folder) {
          _ = try TinyTraining.trainer(TinyTraining.settings(folder: folder, resumes: true))
        }
      }
      var flipped = good
      flipped[good.count - 5] ^= 4
      #expect(try text(flipped).contains("is damaged: its checksum does not match"))
      #expect(try text(Array(good.dropLast(9))).contains("within the"))
      let weights = Safetensors(tensors: [("w0", Tensor([1] as [Float], shape: [1]))])
      try weights.write(to: path)
      #expect(try text(bytes(path)).contains("is no checkpoint of a training"))
      var random = TestRandom(state: 11)
      for _ in 0..<200 {
        var damaged = good
        damaged[random.next(below: good.count)] = random.byte()
        let told = try text(damaged)
        #expect(!told.contains("\n"))
      }
    }
  }
}

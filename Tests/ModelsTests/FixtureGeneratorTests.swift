import Foundation
import TestSupport
import Testing

/// The fixtures are worth nothing unless both sides start from the same bits.
@Suite struct FixtureGeneratorTests {
  static func fixtures() throws -> TrainingFixtures {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    return try TrainingFixtures(file: folder.appendingPathComponent("losses.json"))
  }

  @Test func givesTheRecordedBits() throws {
    let vectors = try Self.fixtures().vectors
    #expect(vectors.count >= 4)
    for vector in vectors {
      let seed = try #require(UInt64(vector.seed))
      #expect((0..<4).map { String(FixtureGenerator.raw(seed: seed, $0)) } == vector.raw)
      #expect(FixtureGenerator.uniform(seed: seed, count: 4) == vector.uniform)
      #expect(FixtureGenerator.normal(seed: seed, count: 4) == vector.normal)
      #expect(FixtureGenerator.labels(seed: seed, count: 4) == vector.label)
      let weight = FixtureGenerator.weight(index: Int(seed), shape: [2, 2])
      #expect(weight == vector.weight)
    }
  }

  @Test func seedsOfBatchesDiffer() {
    #expect(FixtureGenerator.batchSeed(step: 0, index: 0) == 4_294_967_296)
    #expect(FixtureGenerator.batchSeed(step: 29, index: 2) == 128_849_018_882)
  }

  @Test func signedIsTwiceUniformMinusOne() {
    let uniform = FixtureGenerator.uniform(seed: 3, count: 50)
    #expect(FixtureGenerator.signed(seed: 3, count: 50) == uniform.map { 2 * $0 - 1 })
  }

  @Test func everyTrainingIsComplete() throws {
    let fixtures = try Self.fixtures()
    #expect(
      fixtures.models.map(\.name)
        == [
          "autoencoder", "regression", "classifier", "vae", "attention", "transformer", "cnn",
          "diffusion",
        ])
    #expect(fixtures.optimizers.count == 14)
    #expect(fixtures.optimizers.contains { $0.optimizer.weightDecay == 0.01 })
    #expect(fixtures.optimizers.contains { $0.optimizer.clipNorm == 0.1 })
    for training in fixtures.models + fixtures.optimizers {
      #expect(training.losses.count == 30)
      #expect((training.learningRates != nil) == (training.optimizer.schedule != nil))
      #expect(training.final.map(\.name) == training.shapes.map(\.name))
    }
  }
}

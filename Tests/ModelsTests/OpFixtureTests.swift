import Foundation
import TestSupport
import Testing

/// The file decodes whole, and its shapes agree with its values.
@Suite struct OpFixtureTests {
  static func fixtures() throws -> [String: [OpFixture]] {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    return try OpFixture.load(file: folder.appendingPathComponent("ops.json"))
  }

  @Test func shapesFitValues() throws {
    for fixture in try Self.fixtures().values.joined() {
      let gradients = (fixture.gradients ?? []).compactMap { $0 }
      for value in fixture.inputs + [fixture.output] + gradients {
        #expect(value.values.count == value.shape.reduce(1, *), "\(fixture.op)")
      }
      if let all = fixture.gradients {
        #expect(all.count == fixture.inputs.count, "\(fixture.op)")
        #expect(fixture.cotangent?.shape == fixture.output.shape, "\(fixture.op)")
      }
    }
  }

  @Test func readsInfinityAndSettings() throws {
    let fixtures = try Self.fixtures()
    let reductions = try #require(fixtures["reductions"])
    #expect(reductions.contains { $0.inputs[0].values.contains(-.infinity) })
    let activations = try #require(fixtures["activations"])
    #expect(activations.contains { $0.attributes["approximate"] == .text("tanh") })
    #expect(activations.contains { $0.attributes["alpha"] == .number(1.3) })
  }

  @Test func squareErrorIsTheMeanOfSquares() throws {
    let losses = try #require(try Self.fixtures()["losses"])
    let mean = try #require(
      losses.first { $0.op == "mse" && $0.attributes["reduction"] == .text("mean") })
    let pairs = zip(mean.inputs[0].values, mean.inputs[1].values)
    let sum = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(abs(mean.output.values[0] - sum / 6) < 1e-15)
  }
}

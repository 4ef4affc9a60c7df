import GraphIR
import Models
import Runtime
import TestSupport
import Testing

/// A graph that went through text, or to another batch size, is as good as one that was built.
@Suite struct DumpedGraphTests {
  @Test(arguments: Zoo.models.map(\.name))
  func parsedTrainsToTheSameBits(_ name: String) throws {
    let built = try SmallTraining(name, batch: 33)
    let text = built.step.text
    let parsed = SmallTraining(step: try Graph(parsing: text, file: "dump"))
    #expect(parsed.step.text == text)
    let options = Compilation.Options(threads: 2)
    let (first, second) = (
      try built.train(steps: 5, options: options), try parsed.train(steps: 5, options: options)
    )
    #expect(first.losses == second.losses)
    #expect(first.weights == second.weights)
  }

  @Test(arguments: Zoo.models.map(\.name))
  func reboundIsTheModelAtThatBatch(_ name: String) throws {
    let model = try Zoo.named(name)
    let sizes = SmallTraining.sizes[name] ?? [:]
    for form in [ZooForm.training, .benchmark] {
      let small = try model.build(batch: 2, sizes: sizes, form: form)
      let large = try model.build(batch: 11, sizes: sizes, form: form)
      let types = large.inputs.map { ($0.input.key, $0.input.type) }
      let rebound = try small.rebound(inputs: Dictionary(uniqueKeysWithValues: types))
      #expect(rebound.text == large.text)
    }
  }
}

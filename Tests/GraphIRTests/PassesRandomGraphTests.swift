import GraphIR
import TestSupport
import Testing

/// Graphs drawn from a seed keep their results.
@Suite struct PassesRandomGraphTests {
  @Test(arguments: 0..<150) func resultsStay(_ seed: Int) throws {
    let (graph, inputs) = try RandomGraph.draw(seed: seed)
    for (title, pipeline) in PassesSupport.pipelines {
      let after = pipeline.run(graph, verifying: true)
      PassesSupport.expectForms(after, "seed \(seed), \(title)")
      try PassesSupport.expectSameResults(graph, after, inputs, "seed \(seed), \(title)")
    }
  }
}

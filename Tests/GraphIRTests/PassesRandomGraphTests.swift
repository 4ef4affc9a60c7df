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

  @Test(arguments: 0..<60) func gradientsStay(_ seed: Int) throws {
    let (graph, inputs) = try RandomGraph.draw(seed: seed)
    let builder = GraphBuilder(continuing: graph)
    let sums = graph.outputs.map { builder.value($0.value).sin().mean() }
    let loss = sums.dropFirst().reduce(sums[0], +)
    let values = graph.inputs.map { builder.value($0.id) }
    for (place, gradient) in builder.gradients(of: loss, withRespectTo: values).enumerated() {
      builder.output("g\(place)", gradient)
    }
    let backward = try builder.build()
    let after = Pipeline.standard.run(backward, verifying: true)
    #expect(after.nodes.count < backward.nodes.count)
    PassesSupport.expectForms(after, "seed \(seed)")
    try PassesSupport.expectSameResults(
      backward, after, inputs, "gradient, seed \(seed)", tolerance: 1e-4)
  }
}

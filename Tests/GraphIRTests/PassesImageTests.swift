import GraphIR
import TestSupport
import Testing

/// Passes for graphs that convolve: results stay, and what they are for happens.
@Suite struct PassesImageTests {
  @Test(arguments: 0..<60) func resultsStay(_ seed: Int) throws {
    let (graph, inputs) = try RandomImageGraph.draw(seed: seed)
    for (title, pipeline) in PassesSupport.pipelines {
      let after = pipeline.run(graph, verifying: true)
      PassesSupport.expectForms(after, "seed \(seed), \(title)")
      try PassesSupport.expectSameResults(
        graph, after, inputs, "seed \(seed), \(title)", tolerance: 1e-5)
    }
  }

  @Test func transposesMoveToBothEndsAndMeetBetween() throws {
    let builder = GraphBuilder("chain")
    let x = builder.input("x", .f32, [2, 3, 9, 8])
    let first = builder.input("first", .f32, [8, 3, 3, 3])
    let second = builder.input("second", .f32, [5, 8, 2, 2])
    let bias = builder.input("bias", .f32, [8])
    let h = x.conv2d(first, bias: bias, padding: 1).relu().maxPool2d(2).groupNorm(groups: 8)
    builder.output("y", concat([h, h.exp()], axis: 1)[axis: 1, 0..<8].conv2d(second))
    let graph = try builder.build()
    let after = Pipeline.standard.run(graph, verifying: true)
    let convolutions = after.nodes.compactMap { $0.op as? Convolution }
    #expect(convolutions.map(\.isChannelsLast) == [true, true])
    // One at the image, one at the result, one of the bias at most.
    #expect(after.nodes.filter { $0.op is Transpose }.count <= 3)
    var inputs: [String: Tensor] = [:]
    for (_, input) in graph.inputs {
      let values = (0..<input.type.shape.count).map { Double(($0 * 13) % 29) / 15 - 1 }
      inputs[input.key] = Tensor(input.type, doubles: values)
    }
    try PassesSupport.expectSameResults(graph, after, inputs, "chain", tolerance: 1e-5)
  }

  /// The gradient of a kernel sums over 8 x 25 x 25 places; of smaller images it stays whole.
  @Test(arguments: [(27, true), (9, false)])
  func longSumsOfAKernelsGradientAreSplit(_ side: Int, _ isSplit: Bool) throws {
    let builder = GraphBuilder("kernel")
    let x = builder.input("x", .f32, [8, 3, side, side])
    let w = builder.input("w", .f32, [4, 3, 3, 3])
    let loss = x.conv2d(w).squared().mean()
    builder.output("g", builder.gradients(of: loss, withRespectTo: [w])[0])
    let graph = try builder.build()
    let after = Pipeline.standard.run(graph, verifying: true)
    let groups = after.nodes.filter { $0.op is Convolution }.map {
      after[$0.operands[1]].type.shape[0]
    }
    #expect(groups.contains { $0 > 1 } == isSplit, "\(groups)")
    let values = (0..<8 * 3 * side * side).map { Float(($0 * 31) % 101) / 50 - 1 }
    let kernel = (0..<108).map { Float(($0 * 7) % 19) / 10 - 1 }
    let inputs = [
      "x": Tensor(values, shape: [8, 3, side, side]), "w": Tensor(kernel, shape: [4, 3, 3, 3]),
    ]
    try PassesSupport.expectSameResults(graph, after, inputs, "kernel", tolerance: 1e-5)
  }
}

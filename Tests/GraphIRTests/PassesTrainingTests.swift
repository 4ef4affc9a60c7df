import GraphIR
import Testing

/// Whole training steps through all the passes.
@Suite struct PassesTrainingTests {
  @Test(arguments: [Optimizer.sgd(learningRate: 0.1, momentum: 0.9), .adam(learningRate: 0.01)])
  func threeStepsStay(_ optimizer: Optimizer) throws {
    let graph = try TrainingStep.build(forward: try network(), optimizer: optimizer)
    let after = Pipeline.standard.run(graph, verifying: true)
    #expect(after.nodes.count < graph.nodes.count)
    try PassesSupport.expectSameResults(graph, after, Self.inputs, "training", tolerance: 1e-5)
  }

  @Test func aStepHasThreeProductsALayerButTheFirst() throws {
    let graph = try TrainingStep.build(forward: try network(), optimizer: .adam(learningRate: 0.01))
    let after = Pipeline.standard.run(graph, verifying: true)
    #expect(after.nodes.filter { $0.op is MatMul }.count == 5)
    #expect(!after.nodes.contains { $0.op is Transpose })
  }

  private func network() throws -> Graph {
    let builder = GraphBuilder("network")
    let x = builder.input("x", .f32, [8, 6])
    let first = builder.variable("w1", .f32, [6, 5], initializer: .uniform(bound: 0.5))
    let bias = builder.variable("b1", .f32, [5], initializer: .constant(0))
    let second = builder.variable("w2", .f32, [5, 3], initializer: .uniform(bound: 0.5))
    let logits = (x.matmul(first) + bias).tanh().matmul(second)
    let centred = logits - logits.mean(axes: [1], keepDims: true)
    builder.output("loss", centred.softmax(axis: 1).squared().mean())
    return try builder.build()
  }

  private static let inputs = [
    "x": Tensor((0..<48).map { Float(($0 * 11) % 17) / 8 - 1 }, shape: [8, 6])
  ]
}

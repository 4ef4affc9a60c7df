import GraphIR
import Testing

@Suite struct PassesOptimizingTests {
  @Test func constantsAreFoldedAndRounded() throws {
    let builder = GraphBuilder("constants")
    let third = builder.constant(1) / builder.constant(3)
    builder.output("y", builder.input("x", .f32, []) * third)
    let after = Pass.foldConstants("").run(try builder.build())
    #expect(PassesSupport.expression(after) == "mul(x, f32[][\(Double(Float(1) / 3))])")
  }

  @Test func integersThatOverflowAreNotFolded() throws {
    let builder = GraphBuilder("overflow")
    let large = builder.constant(2_000_000_000, .i32)
    builder.output("y", large + large)
    let graph = try builder.build()
    #expect(Pass.foldConstants("").run(graph).nodes.count == graph.nodes.count)
  }

  @Test func largeResultsBroadcastsAndRandomNumbersAreNotFolded() throws {
    let builder = GraphBuilder("kept")
    let key = builder.constant(Tensor([Int64(1), 2], shape: [2]))
    let column = builder.constant(Tensor(zeros: TensorType(.f32, [65, 1])))
    let row = builder.constant(Tensor(zeros: TensorType(.f32, [1, 64])))
    builder.output("sum", column + row)
    builder.output("random", builder.draw(key, stream: 0))
    builder.output("ones", builder.constant(1).broadcast(to: [9]))
    let graph = try builder.build()
    #expect(Pass.foldConstants("").run(graph).nodes.map(\.op.name) == graph.nodes.map(\.op.name))
  }

  @Test func equalExpressionsAreComputedOnce() throws {
    let builder = GraphBuilder("twice")
    let x = builder.input("x", .f32, [2])
    builder.output("y", (x * 2).exp() + (x * 2).exp())
    builder.output("z", (x * 3).exp())
    let after = Pass.eliminateCommonSubexpressions("").run(try builder.build()).nodes.map(\.op.name)
    #expect(after == ["input", "constant", "mul", "exp", "add", "constant", "mul", "exp"])
  }

  @Test func equalRandomNumbersAreDrawnOnce() throws {
    let builder = GraphBuilder("random")
    let key = builder.input("key", .i64, [2])
    let draws = [1, 1, 2].map { builder.draw(key, stream: $0) }
    builder.output("y", concat(draws, axis: 0))
    let after = Pass.eliminateCommonSubexpressions("").run(try builder.build())
    #expect(after.nodes.filter { $0.op is Random }.count == 2)
  }

  @Test func theGradientOfAMeanStaysScalar() throws {
    let builder = GraphBuilder("mean")
    let x = builder.variable("x", .f32, [30, 20], initializer: .constant(2))
    builder.output("loss", (x * 3).mean())
    let graph = try builder.build().differentiated().graph
    let after = Pipeline.standard.run(graph, verifying: true)
    let gradient = try #require(after.output("grad.x"))
    #expect(after[gradient].op is Broadcast)
    let source = after[after[gradient].operands[0]]
    #expect(source.op is Constant)
    try PassesSupport.expectSameResults(graph, after, [:], "mean")
  }

  @Test func theGradientOfALinearLayerOverTokensIsOneProductEach() throws {
    let builder = GraphBuilder("linear")
    let x = builder.input("x", .f32, [4, 8, 3])
    let w = builder.variable("w", .f32, [3, 5], initializer: .normal(standardDeviation: 1))
    let b = builder.variable("b", .f32, [5], initializer: .constant(0))
    builder.output("loss", (x.matmul(w) + b).squared().mean())
    let graph = try builder.build().differentiated().graph
    let after = Pipeline.standard.run(graph, verifying: true)
    let products = after.nodes.filter { $0.op is MatMul }
    #expect(products.map(\.type.shape) == [[4, 8, 5], [3, 5]])
    let input = Tensor((0..<96).map { Float($0 % 7) - 3 }, shape: [4, 8, 3])
    try PassesSupport.expectSameResults(graph, after, ["x": input], "linear")
  }
}

extension GraphBuilder {
  fileprivate func draw(_ key: Value, stream: Int) -> Value {
    key.apply(Random(.uniform, .f32, [4], stream: stream))
  }
}

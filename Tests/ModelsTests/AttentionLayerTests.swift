import GraphIR
import Models
import Testing

@Suite struct AttentionLayerTests {
  @Test func headsAttendToAnotherSequence() throws {
    let builder = GraphBuilder("cross")
    let x = builder.input("x", .f32, [2, 3, 8])
    let memory = builder.input("memory", .f32, [2, 5, 8])
    let layer = MultiHeadAttention(builder, suffix: "7", features: 8, heads: 2)
    builder.output("y", layer.attend(x, to: memory))
    let graph = try builder.build()
    #expect(
      graph.variables.map(\.variable.key)
        == ["q7.w", "q7.b", "k7.w", "k7.b", "v7.w", "v7.b", "o7.w", "o7.b"])
    #expect(graph[graph.outputs[0].value].type == TensorType(.f32, [2, 3, 8]))
    let attention = try #require(graph.nodes.first { $0.op is Attention })
    #expect(graph[attention.operands[1]].type.shape == [2, 5, 2, 4])
  }

  @Test func featuresMustFillTheHeads() {
    let builder = GraphBuilder("uneven")
    let x = builder.input("x", .f32, [2, 3, 8])
    builder.output("y", MultiHeadAttention(builder, features: 8, heads: 3)(x))
    #expect { try builder.build() } throws: { "\($0)".contains("do not fill shape") }
  }

  @Test func embeddingGivesEachTokenItsRow() throws {
    let builder = GraphBuilder("embedding")
    let x = builder.input("x", .i64, [2, 2])
    let table = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    let layer = Embedding(builder, "emb", tokens: 3, features: 2, initializer: .given(table))
    builder.output("y", layer(x))
    var interpreter = try Interpreter(builder.build())
    let tokens = Tensor([2, 0, 0, 1] as [Int64], shape: [2, 2])
    let y = try #require(try interpreter.run(inputs: ["x": tokens])["y"])
    #expect(y.shape == [2, 2, 2])
    #expect(y.values == [5, 6, 1, 2, 1, 2, 3, 4])
  }

  /// Products of rotated queries and keys depend on how far apart they are, not on where.
  @Test(arguments: RotaryPairs.allCases) func rotationKeepsDistances(_ pairs: RotaryPairs) throws {
    func product(_ first: Int) throws -> Double {
      let builder = GraphBuilder("rotary")
      let x = builder.input("x", .f64, [4, 1, 6]).rotary(pairs: pairs, first: first)
      let (q, k) = (x.slice(0, from: 1, to: 2), x.slice(0, from: 3, to: 4))
      builder.output("y", (q * k).sum())
      var interpreter = try Interpreter(builder.build())
      let values = (0..<24).map { Double($0 * 7 % 11) - 5 }
      let inputs = ["x": Tensor(values, shape: [4, 1, 6])]
      return try #require(try interpreter.run(inputs: inputs)["y"]).values[0]
    }
    #expect(abs(try product(0) - product(5)) < 1e-4)
  }

  @Test func positionsAreSinesAndCosines() throws {
    let builder = GraphBuilder("positions")
    builder.output("y", builder.sinusoidalPositions(tokens: 2, features: 4))
    var interpreter = try Interpreter(builder.build())
    let y = try #require(try interpreter.run(inputs: [:])["y"]).values
    let expected = [0, 1, 0, 1, 0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004]
    for (value, expected) in zip(y, expected) { #expect(abs(value - expected) < 1e-6) }
    let odd = GraphBuilder("odd")
    odd.output("y", odd.sinusoidalPositions(tokens: 2, features: 3))
    #expect { try odd.build() } throws: { "\($0)".contains("the features must be even") }
  }
}

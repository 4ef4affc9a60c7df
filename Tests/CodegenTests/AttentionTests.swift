import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// What attention's kernel must do besides computing the right numbers, which its samples check.
@Suite struct AttentionTests {
  /// q, k and v as parts of one projection, [batch, tokens, 3, heads, features].
  private func fused(_ batch: Int, _ tokens: Int, _ heads: Int, _ features: Int) throws -> Graph {
    let builder = GraphBuilder("fused")
    let width = heads * features
    let x = builder.input("x", .f32, [batch, tokens, width])
    let weight = builder.input("w", .f32, [width, 3 * width])
    let all = x.matmul(weight).reshape([batch, tokens, 3, heads, features])
    let parts = (0..<3).map { all.slice(2, from: $0, to: $0 + 1).squeeze(2) }
    let y = parts[0].dotProductAttention(parts[1], parts[2], isCausal: true)
    let loss = y.squared().mean()
    builder.output("y", y)
    builder.output("g", builder.gradients(of: loss, withRespectTo: [weight])[0])
    return try builder.build()
  }

  @Test func readsPartsOfAProjectionWhereTheyLie() throws {
    let program = try CompiledRun(fused(2, 9, 2, 4)).program
    let attention = try #require(program.kernels.first { $0.name.hasSuffix("_attention") })
    let before = program.kernels.prefix { $0.name != attention.name }
    #expect(before.map(\.name) == ["k01_matmul"])
  }

  /// Of the last two sizes, some operands and all of them are large enough to be brought near.
  @Test(arguments: [(2, 37, 2, 5, 0), (1, 130, 3, 64, 2), (1, 350, 1, 192, 2)])
  func partsOfAProjectionGiveTheInterpretersNumbers(
    _ batch: Int, _ tokens: Int, _ heads: Int, _ features: Int, _ lists: Int
  ) throws {
    let graph = try fused(batch, tokens, heads, features)
    var inputs: [String: Tensor] = [:]
    for (index, (_, input)) in graph.inputs.enumerated() {
      let values = FixtureGenerator.normal(
        seed: UInt64(index), count: input.type.shape.count)
      inputs[input.key] = Tensor(values.map { $0 / 4 }, shape: input.type.shape)
    }
    var interpreter = try Interpreter(graph)
    let expected = try interpreter.run(inputs: inputs)
    for threads in [1, 3] {
      let run = try CompiledRun(graph, threads: threads)
      #expect(run.program.source.split(separator: "*const q_next =").count == lists + 1)
      let outputs = try run.executable.run(inputs)
      for (name, reference) in expected {
        let worst = Comparison(try #require(outputs[name]), reference.values)
        #expect(worst.relative < 3e-6, "\(name) on \(threads) threads: \(worst)")
      }
    }
  }

  /// Twice the tokens take twice the memory, not four times.
  @Test func memoryGrowsWithTheTokens() throws {
    let sizes = try [512, 1024].map { tokens in
      let graph = try fused(1, tokens, 4, 16)
      return Compilation(graph, state: StateLayout([graph])).program.plannedBytes
    }
    #expect(sizes[1] <= 2 * sizes[0] + 4096, "\(sizes)")
  }

  /// Rows longer than a kernel keeps in cache are normalized by plain ops, to the same numbers.
  @Test func longRowsAreNormalizedInPieces() throws {
    let builder = GraphBuilder("long")
    let count = Normalize.longestRow + 100
    let x = builder.input("x", .f32, [2, count])
    builder.output("y", x.layerNorm())
    let values = FixtureGenerator.normal(seed: 3, count: 2 * count)
    let inputs = ["x": Tensor(values, shape: [2, count])]
    let graph = try builder.build()
    var interpreter = try Interpreter(graph)
    let expected = try #require(try interpreter.run(inputs: inputs)["y"])
    let run = try CompiledRun(graph)
    #expect(!run.program.source.contains("dlc_normalize"))
    let worst = Comparison(try #require(try run.executable.run(inputs)["y"]), expected.values)
    #expect(worst.relative < 2e-6, "\(worst)")
  }
}

import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Values that the backward part computes again instead of keeping them.
@Suite struct RecomputeKeptTests {
  /// `depth` times x + gelu(norm(x) w) v, as in a transformer, and the gradients of its mean square.
  private func graph(
    depth: Int, rows: Int = 512, width: Int = 128,
    _ activation: (Value) -> Value = { $0.gelu(approximate: true) }
  ) throws -> Graph {
    let builder = GraphBuilder("blocks")
    var x = builder.input("x", .f32, [rows, width])
    var weights: [Value] = []
    for block in 0..<depth {
      let up = builder.input("up\(block)", .f32, [width, 2 * width])
      let down = builder.input("down\(block)", .f32, [2 * width, width])
      let scale = builder.input("scale\(block)", .f32, [width])
      weights += [up, down, scale]
      x = x + activation((x.normalized() * scale).matmul(up)).matmul(down)
    }
    let loss = x.squared().mean()
    builder.output("loss", loss)
    for (weight, gradient) in zip(weights, builder.gradients(of: loss, withRespectTo: weights)) {
      builder.output("d \(builder.graph[weight.id].label)", gradient)
    }
    return try builder.build()
  }

  private func isAgain(_ graph: Graph) -> Set<String> {
    let after = Pipeline.standard.run(graph, verifying: true)
    var again: Set<NodeID> = []
    for id in after.ids
    where after[id].op is Recompute || after[id].operands.contains(where: again.contains) {
      let computation = after[id].op.computation(after.operandTypes(id))
      switch computation {
      case .map, .view, .rows: again.insert(id)
      default: break
      }
    }
    return Set(again.map { after[$0].op.name })
  }

  /// An activation of what its slope needs anyway, and a normalized row of the row: each kept value
  /// is one of the two, not both.
  @Test func keepsOneOfTwo() throws {
    let graph = try graph(depth: 4)
    let names = isAgain(graph)
    #expect(names.isSuperset(of: ["recompute", "gelu_tanh", "gelu_tanh_slope", "normalize"]))

    let arena = try CompiledRun(graph, threads: 1).program.plannedBytes
    let (narrow, wide) = (512 * 128 * 4, 512 * 256 * 4)
    // A block keeps its x and what the activation is of, and hands on one x; without recomputation
    // it would keep the norm twice, the activation and its slope.
    let outputs = 4 * (2 * 128 * 256 + 128) * 4
    #expect(arena < outputs + 4 * (narrow + wide) + 4 * wide, "\(arena)")
    try CompiledCheck.expect(graph, CompiledCheck.inputs(graph, seed: 3), "blocks", relative: 2e-5)
  }

  /// What is used at once is not computed twice: a softmax before its cross-entropy.
  @Test func whatDoesNotWaitIsKept() throws {
    let builder = GraphBuilder("near")
    let x = builder.input("x", .f32, [512, 256])
    let w = builder.input("w", .f32, [256, 256])
    let loss = (x.matmul(w).softmax() * x).sum()
    builder.output("loss", loss)
    builder.output("dw", builder.gradients(of: loss, withRespectTo: [w])[0])
    #expect(isAgain(try builder.build()).isEmpty)
  }

  @Test func smallValuesAreKept() throws {
    #expect(isAgain(try graph(depth: 4, rows: 8)).isEmpty)
  }

  /// A relu needs no other value than its own, so that computing it again would keep one more.
  @Test func aReluIsKept() throws {
    let names = isAgain(try graph(depth: 3) { $0.relu() })
    #expect(!names.contains("relu") && names.contains("normalize"))
  }

  /// More steps than two cost more time than the memory is worth.
  @Test func longChainsAreKept() throws {
    let names = isAgain(try graph(depth: 3) { y in y * ((y * 3 + 1).tanh() + y).sin() })
    #expect(!names.contains("tanh"))
  }

  /// A graph that is only run has no backward part.
  @Test func forwardGraphsStay() throws {
    let builder = GraphBuilder("forward")
    let x = builder.input("x", .f32, [512, 256])
    let y = x.matmul(x.transposed()).gelu()
    builder.output("loss", (y.matmul(x) * x.normalized()).sum())
    #expect(isAgain(try builder.build()).isEmpty)
  }
}

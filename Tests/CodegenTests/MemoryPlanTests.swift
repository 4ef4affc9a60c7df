import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Values that take the place of others, and those that must not.
@Suite struct MemoryPlanTests {
  private let inputs: [String: Tensor] = [
    "x": Tensor(FixtureGenerator.normal(seed: 1, count: 8 * 64), shape: [8, 64]),
    "w": Tensor(FixtureGenerator.normal(seed: 2, count: 64 * 512), shape: [64, 512]),
  ]

  /// x w, [8, 512], and what `body` makes of it.
  private func run(_ body: (GraphBuilder, Value) -> Void) throws -> Program {
    let builder = GraphBuilder("places")
    let product = builder.input("x", .f32, [8, 64]).matmul(builder.input("w", .f32, [64, 512]))
    body(builder, product)
    let graph = try builder.build()
    var interpreter = try Interpreter(graph)
    let expected = try interpreter.run(inputs: inputs)
    let run = try CompiledRun(graph, threads: 2)
    let outputs = try run.executable.run(inputs)
    for (name, reference) in expected {
      let worst = Comparison(try #require(outputs[name]), reference.values)
      #expect(worst.relative < 5e-6, "\(name): \(worst)")
    }
    return run.program
  }

  /// The last step of a softmax has no operand of its size in memory, but its loop has read one.
  @Test func softmaxTakesThePlaceOfItsLogits() throws {
    let program = try run { builder, logits in builder.output("y", logits.softmax()) }
    let shared = program.buffers.filter { $0.nodes.count == 2 }
    #expect(shared.map(\.bytes) == [8 * 512 * 4])
    #expect(program.plannedBytes == 8 * 512 * 4)
  }

  /// The product by 3 is a part of the instruction that adds, behind the one that stores `y`.
  @Test func whatALaterInstructionReadsStays() throws {
    let program = try run { builder, a in
      let tripled = a * 3
      let scaled = a / a.abs().max(axes: [1], keepDims: true)
      builder.output("y", scaled)
      builder.output("z", tripled + scaled.exp())
    }
    let y = try #require(program.graph.output("y"))
    let place = try #require(program.buffers.first { $0.nodes.contains(y) })
    #expect(place.nodes == [y])
  }
}

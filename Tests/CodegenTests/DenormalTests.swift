import GraphIR
import TestSupport
import Testing

/// Numbers below the smallest normal one count as zero within a step, and only there.
@Suite struct DenormalTests {
  @Test func aStepFlushesThemAndLeavesTheCallersModeAlone() throws {
    let builder = GraphBuilder("tiny")
    let x = builder.input("x", .f32, [70])
    builder.output("y", x * 0.25)
    let run = try CompiledRun(try builder.build())
    let smallest = Float.leastNormalMagnitude
    let inputs = ["x": Tensor([Float](repeating: smallest, count: 70), shape: [70])]
    #expect(try run.executable.run(inputs)["y"]?.doubles.allSatisfy { $0 == 0 } == true)
    #expect(product(smallest, 0.25) == smallest / 4)
    #expect(product(smallest, 0.25) != 0)
  }

  @inline(never) private func product(_ a: Float, _ b: Float) -> Float { a * b }
}

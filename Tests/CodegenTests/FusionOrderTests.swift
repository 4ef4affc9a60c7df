import GraphIR
import Testing

/// Values of sources alone wait for a reader; none may come after one.
@Suite struct FusionOrderTests {
  /// `part` waits to go where the sum goes while `slope`, which the sum reads transposed and so
  /// cannot take along, gets a kernel and reads it too.
  @Test func valueThatTwoWaitingOnesRead() throws {
    let builder = GraphBuilder("order")
    let x = builder.input("x", .f32, [6, 6])
    let g = builder.input("g", .f32, [6, 6])
    let part = x.transposed().tanh()
    let slope = (g * x) * (1 - part * part)
    builder.output("sum", (g * part + slope.transposed()).reshape([36]))
    let graph = try builder.build()
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 5), "order", relative: 1e-5)
  }
}

import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct ScatterTests {
  /// Into one value everywhere, which needs no place of its own: the result is filled with it.
  @Test(arguments: [nil, ScatterMode.set, .mul, .max]) func intoOneValueIsOneKernel(
    _ mode: ScatterMode?
  ) throws {
    let builder = GraphBuilder("scatter")
    let values = builder.input("values", .f32, [3])
    let indices = builder.input("indices", .i64, [8])
    let updates = builder.input("updates", .f32, [4, 8, 5])
    let into = values.slice(0, from: 1, to: 2).broadcast(to: [4, 6, 5])
    let y =
      mode.map { into.scatter(indices, updates, axis: 1, mode: $0) }
      ?? into.scatterAdd(indices, updates, axis: 1)
    builder.output("y", y)
    let graph = try builder.build()
    var inputs = CompiledCheck.inputs(graph, seed: 7)
    inputs["indices"] = Tensor(
      TensorType(.i64, [8]), doubles: [0, 5, 2, 2, -1, 0, 3, 5])
    try CompiledCheck.expect(graph, inputs, "scatter")
    #expect(try CompiledRun(graph).program.kernels.count == 1)
  }
}

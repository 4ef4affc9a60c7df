import GraphIR
import Testing

/// Reductions along rows that are no run of memory: of transposes, slices and broadcasts.
@Suite struct ViewReductionTests {
  @Test(arguments: Reduction.allCases, [DType.f32, .f64])
  func rowsInPieces(_ reduction: Reduction, _ dtype: DType) throws {
    let builder = GraphBuilder("views")
    // Products of numbers near 1 stay in range.
    let isProduct = reduction == .prod
    let input = builder.input("x", dtype, [9, 5, 32])
    let x = isProduct ? input * 0.01 + 1 : input
    let row = builder.input("row", dtype, [5, 1, 4])
    func reduce(_ name: String, _ value: Value, _ axes: [Int]) {
      let result =
        switch reduction {
        case .sum: value.sum(axes: axes)
        case .mean: value.mean(axes: axes)
        case .prod: value.prod(axes: axes)
        case .max: value.max(axes: axes)
        case .min: value.min(axes: axes)
        }
      builder.output(name, result)
    }
    reduce("transpose", x.transpose([1, 0, 2]), [1, 2])
    reduce("all of a transpose", x.transpose([2, 0, 1]), [0, 1, 2])
    reduce("slice", x[axis: 2, 3..<20], [1, 2])
    reduce("flip", x.flip(1), [1, 2])
    reduce("broadcast", row.broadcast(to: [5, 7, 4]), [1, 2])
    let graph = try builder.build()
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 3), "\(reduction) \(dtype)", relative: 5e-5)
  }
}

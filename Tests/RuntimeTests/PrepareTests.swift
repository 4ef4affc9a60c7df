import Codegen
import GraphIR
import Runtime
import Testing

@Suite struct PrepareTests {
  /// Weights drawn, ones, and Adam's zeros.
  private func step() throws -> Graph {
    let builder = GraphBuilder("prepared")
    let x = builder.input("x", .f32, [8, 40])
    let w = builder.variable("w", .f32, [40, 9], initializer: .normal(standardDeviation: 0.5))
    let gain = builder.variable("gain", .f32, [9], initializer: .constant(1))
    let bias = builder.variable("bias", .f32, [9], initializer: .zeros)
    builder.output("loss", ((x.matmul(w) * gain + bias) * 2).mean())
    return try TrainingStep.build(forward: builder.build(), optimizer: .adam())
  }

  @Test(arguments: [1, 2]) func valuesAreThoseOfInitialize(_ threads: Int) throws {
    let step = try step()
    let options = Compilation.Options(threads: threads)
    let state = try ModelState(StateLayout([step]))
    // What was there before must not show through.
    try state.set("bias", to: Tensor([Float](repeating: 7, count: 9), shape: [9]))
    try state.initialize(step, seed: 3, options: options)
    let (compilation, executable) = try Compilation.prepare(step, seed: 3, options: options)
    #expect(executable.state.snapshot() == state.snapshot())
    #expect(executable.state["bias"] == Tensor(zeros: TensorType(.f32, [9])))
    #expect(executable.state["gain"]?.doubles == Array(repeating: 1, count: 9))
    #expect(Set(executable.state["w"]?.doubles ?? []).count > 300)
    #expect(compilation.stages.last?.name == "compile C")

    let plain = try Compilation.executable(step, state: state, options: options)
    for executable in [plain, executable] {
      try executable.set("x", to: Tensor((0..<320).map { Float($0 % 11) }, shape: [8, 40]))
      executable.run()
    }
    #expect(executable.state.snapshot() == state.snapshot())
  }

  @Test func largeMemoryIsZero() throws {
    let graph = try {
      let builder = GraphBuilder("large")
      let table = builder.variable("table", .f32, [1 << 20], initializer: .zeros)
      builder.output("sum", table.sum())
      return try builder.build()
    }()
    for _ in 0..<3 {
      let state = try ModelState(StateLayout([graph]))
      #expect(state.snapshot().allSatisfy { $0 == 0 })
      try state.set("table", to: Tensor([Float](repeating: 1, count: 1 << 20), shape: [1 << 20]))
    }
  }
}

import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// The comparison of compiled ops with their references must see what is wrong.
@Suite struct BrokenKernelTests {
  /// Each op compiled where the reference is that of another: a kernel that is slightly wrong.
  @Test(arguments: [
    ("relu", "silu"), ("gelu", "gelu_tanh"), ("floor", "round"), ("log1p", "log"),
  ])
  func aWrongKernelIsCaught(_ names: (compiled: String, meant: String)) throws {
    let entry = try #require(OpTable.entry(named: names.meant))
    let caught = try entry.samples().filter { sample in
      let meant = try SampleGraph(sample, seed: 1)
      guard meant.inputs["x0"]?.dtype == .f32, meant.inputs["x0"]?.count ?? 0 > 10 else {
        return false
      }
      let wrong = OpSample(Elementwise(names.compiled), sample.operands)
      let run = try CompiledRun(try SampleGraph(wrong, seed: 1).graph)
      let compiled = try #require(try run.executable.run(meant.inputs)["y"])
      var interpreter = try Interpreter(meant.graph)
      let reference = try #require(try interpreter.run(inputs: meant.inputs)["y"])
      return Tolerance(.f32, isElementwise: true).check(compiled, reference.values) != nil
    }
    #expect(!caught.isEmpty)
  }
}

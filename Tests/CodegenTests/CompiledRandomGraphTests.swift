import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Graphs drawn from a seed, optimized and compiled, against the interpreter on the graph as drawn.
@Suite struct CompiledRandomGraphTests {
  @Test(arguments: 0..<100) func compiledEqualsInterpreted(_ seed: Int) throws {
    let (graph, inputs) = try TestSupport.RandomGraph.draw(seed: seed)
    let after = Pipeline.standard.run(graph, verifying: true)
    let layout = StateLayout([after])
    let target = Machine.InstructionSet.current.target
    let program = ProgramPlan(after, state: layout, target: target).program()
    let state = try ModelState(layout)
    let executable = try Executable(program, state: state)
    var interpreter = try Interpreter(graph)
    // A state of zeros, as the compiled one is before it is initialized.
    interpreter.variables["state"] = ReferenceTensor(
      TensorType(.f32, [2, 3]), [Double](repeating: 0, count: 6))
    for run in 0..<2 {
      let expected = try interpreter.run(inputs: inputs)
      let results = try executable.run(inputs)
      for (name, reference) in expected {
        let result = try #require(results[name])
        let worst = Comparison(result, reference.values, floor: 1e-5)
        let isClose = worst.ulps <= 64 || worst.relative < 1e-4
        #expect(isClose, "seed \(seed), run \(run), \(name): \(worst)")
      }
    }
  }
}

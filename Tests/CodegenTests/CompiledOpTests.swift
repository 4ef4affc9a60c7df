import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Every op, compiled, against its reference in double precision.
@Suite struct CompiledOpTests {
  @Test(arguments: OpTable.entries.map(\.name))
  func compiledEqualsReference(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for (index, sample) in entry.samples().enumerated() {
      let sampleGraph = try SampleGraph(sample, seed: UInt64(index))
      let layout = StateLayout([sampleGraph.graph])
      let program = CodeGenerator.generate(
        Pipeline.lowering.run(sampleGraph.graph), state: layout, target: Machine.InstructionSet.current.target)
      let where_ = "\(name) sample \(index): \(sample.op.attributes) of \(sample.operands.map(\.type.description))"
      do {
        let executable = try Executable(program, state: ModelState(layout))
        let compiled = try #require(try executable.run(sampleGraph.inputs)["y"])
        var interpreter = try Interpreter(sampleGraph.graph)
        let reference = try #require(try interpreter.run(inputs: sampleGraph.inputs)["y"])
        let worst = Comparison(compiled, reference.values)
        #expect(worst.ulps <= 4 || worst.relative < 1e-5, "\(where_): \(worst)")
      } catch {
        Issue.record("\(where_): \(error)\n\(program.source)")
      }
    }
  }
}

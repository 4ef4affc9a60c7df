import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Every op, compiled for every instruction set of this CPU, against its reference in double.
@Suite struct CompiledOpTests {
  @Test(arguments: OpTable.entries.map(\.name))
  func compiledEqualsReference(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for (index, sample) in entry.samples().enumerated() {
      let sampleGraph = try SampleGraph(sample, seed: index)
      let context = "\(name) sample \(index), seed \(index): \(sample.label)"
      check(
        sampleGraph.graph, sampleGraph.inputs, isElementwise: sample.isElementwise, context)
    }
  }

  @Test(arguments: Set(CompositeSample.table.map(\.name)).sorted())
  func compiledCompositeEqualsReference(_ name: String) throws {
    for (index, sample) in CompositeSample.table.enumerated() where sample.name == name {
      let sampleGraph = try SampleGraph(sample, seed: index)
      check(
        sampleGraph.graph, sampleGraph.inputs, isElementwise: false, "\(name), seed \(index)")
    }
  }

  private func check(
    _ graph: Graph, _ inputs: [String: Tensor], isElementwise: Bool, _ context: String
  ) {
    for instructionSet in Machine.InstructionSet.available {
      do {
        let run = try CompiledRun(graph, threads: 2, instructionSet: instructionSet)
        let compiled = try #require(try run.executable.run(inputs)["y"])
        var interpreter = try Interpreter(graph)
        let reference = try #require(try interpreter.run(inputs: inputs)["y"])
        let tolerance = Tolerance(compiled.dtype, isElementwise: isElementwise)
        let verdict = tolerance.check(compiled, reference.values)
        #expect(verdict == nil, "\(instructionSet.name), \(context): \(verdict ?? "")")
      } catch {
        Issue.record("\(instructionSet.name), \(context): \(error)")
      }
    }
  }
}

import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

enum CompiledCheck {
  /// Values between -1 and 1 for every input of a graph.
  static func inputs(_ graph: Graph, seed: Int) -> [String: Tensor] {
    var random = SplitMix64(seed: UInt64(seed))
    var inputs: [String: Tensor] = [:]
    for (_, input) in graph.inputs {
      let values = (0..<input.type.shape.count).map { _ in random.unit() * 2 - 1 }
      inputs[input.key] = Tensor(input.type, doubles: values)
    }
    return inputs
  }

  /// The outputs on every instruction set: the same bits on 1, 2 and 3 threads, and as far from the
  /// interpreter's as `relative` allows, of the largest element, in f32; in f64 as 1e-12 allows.
  /// Differences up to `floor` count as none.
  static func expect(
    _ graph: Graph, _ inputs: [String: Tensor], _ title: String, relative: Double = 3e-6,
    floor: Double = 0
  ) throws {
    var interpreter = try Interpreter(graph)
    let expected = try interpreter.run(inputs: inputs)
    for set in Machine.InstructionSet.available {
      let results = try (1...3).map { threads in
        try CompiledRun(graph, threads: threads, instructionSet: set).executable.run(inputs)
      }
      for threads in 2...3 {
        let isSame = results[threads - 1] == results[0]
        #expect(isSame, "\(title) on \(set.name): 1 and \(threads) threads differ")
      }
      for (name, reference) in expected {
        let tensor = try #require(results[0][name])
        let worst = Comparison(tensor, reference.values, floor: floor)
        let limit = tensor.dtype == .f64 ? 1e-12 : relative
        let isClose = worst.relative <= limit
        #expect(isClose, "\(title) on \(set.name), \(name): \(worst)")
      }
    }
  }
}

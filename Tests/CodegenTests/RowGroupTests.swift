import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Products whose rows are divided among the cores.
@Suite struct RowGroupTests {
  /// Layers for `rows` rows, and their training; the sizes leave rests of blocks and panels.
  private func step(_ rows: Int) throws -> Graph {
    let builder = GraphBuilder("rows")
    let x = builder.input("x", .f32, [rows, 40])
    var h = x
    for (index, width) in [290, 70].enumerated() {
      let before = h.shape[1]
      let weight = builder.variable(
        "w\(index)", .f32, [before, width], initializer: .normal(standardDeviation: 0.1))
      h = h.matmul(weight).tanh()
    }
    builder.output("loss", h.squared().mean())
    return try TrainingStep.build(forward: builder.build(), optimizer: .sgd(learningRate: 0.1))
  }

  private func target(cores: Int) -> Target {
    let own = Machine.InstructionSet.current.target
    return Target(
      name: own.name, tile32: own.tile32, tile64: own.tile64, secondCache: own.secondCache,
      cores: cores)
  }

  private func isGrouped(_ program: Program) -> Bool {
    program.source.contains("const long r = (unit /")
  }

  @Test(arguments: [600, 1001, 97]) func groupsChangeNothing(_ rows: Int) throws {
    let graph = try step(rows)
    let inputs = CompiledCheck.inputs(graph, seed: rows)
    var reference = try Interpreter(graph, seed: 3)
    let initial = reference.variables
    for _ in 0..<2 { _ = try reference.run(inputs: inputs) }
    var first: [String: Tensor]?
    for cores in [1, 2, 3] {
      for threads in 1...3 {
        let run = try CompiledRun(graph, threads: threads, target: target(cores: cores))
        let hasGroups = isGrouped(run.program)
        #expect(hasGroups == (cores > 1 && rows > 97), "\(cores) cores")
        for (name, value) in initial {
          try run.state.set(name, to: Tensor(value.type, doubles: value.values))
        }
        for _ in 0..<2 { _ = try run.executable.run(inputs) }
        let weights = Dictionary(uniqueKeysWithValues: run.state.tensors.map { ($0.0, $0.1) })
        let isSame = first.map { $0 == weights } ?? true
        #expect(isSame, "\(cores) cores, \(threads) threads")
        first = weights
      }
    }
    for (name, tensor) in try #require(first) {
      let worst = Comparison(tensor, reference.variables[name]!.values)
      #expect(worst.relative < 1e-5, "\(name): \(worst)")
    }
  }
}

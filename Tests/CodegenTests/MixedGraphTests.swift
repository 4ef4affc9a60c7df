import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Random graphs of many small ops: what fusion, in-place updates, the memory plan and barriers
/// get wrong shows as a difference from the interpreter or between numbers of threads.
@Suite struct MixedGraphTests {
  @Test(arguments: 0..<120)
  func compiledEqualsInterpreter(_ seed: Int) throws {
    var random = MixedGraph(seed: UInt64(seed))
    let (graph, inputs) = try random.build()
    var interpreter = try Interpreter(graph)
    var results: [[String: Tensor]] = []
    for threads in 1...4 {
      let run = try CompiledRun(graph, threads: threads)
      for (name, value) in interpreter.variables {
        try run.state.set(name, to: Tensor(value.type, doubles: value.values))
      }
      _ = try run.executable.run(inputs)
      var result = try run.executable.run(inputs)
      for (name, tensor) in run.state.tensors { result["variable " + name] = tensor }
      results.append(result)
      checkMemory(run.program, seed)
    }
    for threads in 2...4 {
      let isSame = results[threads - 1] == results[0]
      #expect(isSame, "seed \(seed): 1 and \(threads) threads differ")
    }
    _ = try interpreter.run(inputs: inputs)
    var reference = try interpreter.run(inputs: inputs)
    for (name, value) in interpreter.variables { reference["variable " + name] = value }
    for (name, expected) in reference {
      let compiled = try #require(results[0][name])
      // The values are of order 1; single precision leaves a few 1e-7 of that.
      let comparison = Comparison(compiled, expected.values, floor: 2e-6)
      #expect(
        comparison.relative < 2e-4 || comparison.ulps < 8,
        "seed \(seed), \(name): \(comparison)\n\(graph.text)")
    }
  }

  /// Buffers that are alive at the same kernel do not overlap, and the arena holds them all.
  private func checkMemory(_ program: Program, _ seed: Int) {
    for (index, a) in program.buffers.enumerated() {
      #expect(a.offset + a.bytes <= program.plannedBytes)
      for b in program.buffers[(index + 1)...] where a.first <= b.last && b.first <= a.last {
        let isApart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset
        #expect(isApart, "seed \(seed): \(a.nodes) and \(b.nodes) overlap")
      }
    }
  }
}

/// Draws ops one after another whose operands fit.
struct MixedGraph {
  private var generator: SplitMix64
  private let builder = GraphBuilder("random")
  private var values: [Value] = []
  private let rows: Int
  private let columns: Int

  private let limit: Int

  init(seed: UInt64, limit: Int = 40) {
    self.limit = limit
    generator = SplitMix64(seed: seed)
    rows = [1, 3, 16, 40, 130][Int(generator.next() % 5)]
    columns = [1, 5, 33, 64, 1030][Int(generator.next() % 5)]
  }

  mutating func build() throws -> (Graph, [String: Tensor]) {
    let shapes: [Shape] = [[rows, columns], [rows, columns], [columns], [rows, 1], []]
    var inputs: [String: Tensor] = [:]
    for (index, shape) in shapes.enumerated() {
      values.append(builder.input("x\(index)", .f32, shape))
      let elements = (0..<shape.count).map { _ in Float(generator.unit() * 2 - 1) }
      inputs["x\(index)"] = Tensor(elements, shape: shape)
    }
    var variables: [Value] = []
    for (index, shape) in shapes.enumerated() {
      let variable = builder.variable("w\(index)", .f32, shape, initializer: .uniform(bound: 1))
      variables.append(variable)
      values.append(variable)
    }
    for _ in 0..<min(limit, Int(8 + generator.next() % 32)) { step() }
    for (index, value) in values.suffix(4).enumerated() { builder.output("y\(index)", value) }
    for variable in variables where generator.next() % 4 != 0 {
      let same = values.filter { $0.type == variable.type }
      builder.update(variable, to: same[Int(generator.next() % UInt64(same.count))])
    }
    return (try builder.build(), inputs)
  }

  private mutating func pick() -> Value {
    // Later values more often, so that chains grow.
    let from = generator.next() % 3 == 0 ? 0 : values.count / 2
    return values[from + Int(generator.next() % UInt64(values.count - from))]
  }

  private mutating func step() {
    let x = pick()
    let result: Value?
    switch generator.next() % 16 {
    case 0...5:
      let partners = values.filter { Shape.broadcast($0.shape, x.shape) != nil }
      let y = partners[Int(generator.next() % UInt64(partners.count))]
      switch generator.next() % 5 {
      case 0: result = x + y
      case 1: result = x * y * 0.5
      case 2: result = x - y
      case 3: result = x.maximum(y)
      default: result = (x .> y).select(x, y * 0.25)
      }
    case 6: result = x.tanh()
    case 7: result = x.relu()
    case 8: result = x * 0.5 + 0.25
    case 9: result = x.shape.rank > 0 ? x.mean(axes: [-1], keepDims: true) : nil
    case 10: result = x.shape.rank == 2 ? x.sum(axes: [0]) * (1 / Double(rows)) : nil
    case 11: result = x.shape.rank == 2 ? x.softmax(axis: 1) : nil
    case 12: result = x.mean()
    case 13: result = x.shape.rank == 2 ? x.transposed().flip(0).transposed() : nil
    case 14:
      result =
        x.shape == [rows, columns] && columns < 100
        ? x.matmul(x, transposeA: true).matmul(x, transposeB: true).transposed() * 1e-3 : nil
    default:
      result = x.shape.rank == 2 ? concat([x, x.tanh()], axis: 0)[axis: 0, 0..<x.shape[0]] : nil
    }
    if let result, result.shape.count > 0, result.shape.count < 200_000 {
      values.append(result.tanh() * 0.75)
    }
  }
}

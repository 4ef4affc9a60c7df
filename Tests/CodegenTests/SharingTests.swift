import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// What threads share, and how.
@Suite struct SharingTests {
  /// A product and, apart from it, a loop over `rows` rows.
  private func graph(rows: Int) throws -> Graph {
    let builder = GraphBuilder("shared")
    let x = builder.input("x", .f32, [rows, 64])
    let w = builder.input("w", .f32, [64, 64])
    builder.output("y", x.matmul(w))
    builder.output("z", x.exp().sum())
    return try builder.build()
  }

  private func program(rows: Int, _ options: Compilation.Options) throws -> Program {
    let graph = try graph(rows: rows)
    return Compilation(graph, state: StateLayout([graph]), options: options).program
  }

  @Test func smallStepsAreOneThreads() throws {
    let options = Compilation.Options(threads: 2)
    let small = try program(rows: 64, options)
    #expect(small.isSerial)
    #expect(!small.source.contains("GOMP_parallel(parallel_step"))
    #expect(try !program(rows: 4096, options).isSerial)
    #expect(try !program(rows: 64, .sharingSmall(threads: 2)).isSerial)
  }

  /// Products are always taken; of loops, those that are long enough.
  @Test func longLoopsAreTaken() throws {
    func takers(_ program: Program) -> [String] {
      var (name, names) = ("", [String]())
      for line in program.source.split(separator: "\n") {
        if line.hasPrefix("static void k") {
          name = String(line.dropFirst("static void k00_".count).prefix { $0 != "(" })
        }
        if line.contains("dlc_take(") { names.append(name) }
      }
      return names.filter { !$0.isEmpty }.sorted()
    }
    let options = Compilation.Options(threads: 2)
    #expect(try takers(program(rows: 4096, options)) == ["matmul"])
    #expect(try takers(program(rows: 32768, options)) == ["exp_sum", "matmul"])
    #expect(try takers(program(rows: 64, .sharingSmall(threads: 2))) == ["exp_sum", "matmul"])
    #expect(try takers(program(rows: 64, .sharingSmall(threads: 3))) == ["matmul"])
  }

  /// Copies of a join have a queue each.
  @Test func joinsAreTaken() throws {
    let builder = GraphBuilder("join")
    let x = builder.input("x", .f32, [33, 40])
    let y = builder.input("y", .f32, [33, 7])
    builder.output("joined", concat([x, y], axis: 1))
    let graph = try builder.build()
    let run = try CompiledRun(graph, threads: 2)
    #expect(run.program.source.contains("queue_2"))
    let inputs = CompiledCheck.inputs(graph, seed: 1)
    var interpreter = try Interpreter(graph)
    let expected = try #require(try interpreter.run(inputs: inputs)["joined"])
    #expect(try run.executable.run(inputs)["joined"]?.doubles == expected.values)
  }
}

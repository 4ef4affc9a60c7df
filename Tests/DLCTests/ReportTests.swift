import Codegen
import GraphIR
import Models
import Runtime
import Testing

@Suite struct ReportTests {
  private func program(_ model: String) throws -> Program {
    let forward = try Zoo.named(model).build(batch: 32)
    let step = try TrainingStep.build(forward: forward, optimizer: .adam())
    return Compilation(step, state: StateLayout([step])).program
  }

  @Test func tablesAlign() {
    var table = TextTable([("name", .left), ("ms", .right)])
    table.add("a", "1.5")
    table.add("longer", "10")
    #expect(table.text == "name     ms\na       1.5\nlonger   10\n")
  }

  @Test func fixedPoint() {
    #expect(FixedPoint.text(1.0049, 2) == "1.00")
    #expect(FixedPoint.text(1.005001, 2) == "1.01")
    #expect(FixedPoint.text(-0.001, 2) == "0.00")
    #expect(FixedPoint.text(-12.5, 1) == "-12.5")
    #expect(FixedPoint.text(2.5, 0) == "3")
    #expect(FixedPoint.text(0.05, 3) == "0.050")
    #expect(FixedPoint.text(.infinity, 3) == "inf")
    #expect(FixedPoint.text(.nan, 3) == "nan")
    #expect(FixedPoint.text(1e300, 3) == "1e+300")
  }

  @Test func productsAreCountedByTheirInnerSize() throws {
    let builder = GraphBuilder("products")
    let a = builder.input("a", .f32, [5, 2, 3])
    let b = builder.input("b", .f32, [3, 7])
    let t = builder.input("t", .f32, [3, 2])
    builder.output("y", matmul(a, b))
    builder.output("z", t.matmul(b, transposeA: true))
    let graph = try builder.build()
    // Two for each multiply-add: 5 x 2 x 3 x 7 of them, and 2 x 3 x 7.
    #expect(graph.contractionOperations == 504)
  }

  @Test(arguments: Zoo.models.map(\.name)) func everyKernelIsInTheSchedule(_ name: String) throws {
    let program = try program(name)
    let lines = program.scheduleText.split(separator: "\n")
    for kernel in program.kernels {
      #expect(lines.contains { $0.contains(" \(kernel.name) ") }, "\(kernel.name)")
    }
    let barriers = program.kernels.filter(\.hasBarrierBefore).count
    #expect(lines.filter { $0.contains("-- barrier --") }.count == barriers)
    #expect(lines.contains("\(barriers) barriers"))
  }

  @Test(arguments: Zoo.models.map(\.name)) func everyByteIsInTheMemoryTable(_ name: String) throws {
    let program = try program(name)
    let text = program.memoryText
    #expect(text.contains("\narena        \(program.plannedBytes) bytes\n"))
    #expect(text.contains("\nstate        \(program.state.byteCount) bytes\n"))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let rows = lines.dropFirst().prefix { !$0.isEmpty && !$0.hasPrefix("arena") }
    #expect(rows.count == program.buffers.count)
    for entry in program.state.entries {
      #expect(lines.contains { $0.hasPrefix("\(entry.name) ") }, "\(entry.name)")
    }
  }

  @Test func namesWithLineBreaksStayInTheirCell() throws {
    let builder = GraphBuilder("names")
    let x = builder.input("x", .f32, [4])
    let w = builder.variable("a\nb c", .f32, [4], initializer: .zeros)
    builder.output("y", x + w)
    let graph = try builder.build()
    let text = Compilation(graph, state: StateLayout([graph])).program.memoryText
    #expect(text.contains("\"a\\nb c\""))
  }
}

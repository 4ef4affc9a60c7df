import GraphIR
import Testing

@Suite struct PassesPipelineTests {
  @Test func theLogHasALineForEveryPass() throws {
    let builder = GraphBuilder("log")
    builder.output("y", builder.input("x", .f32, [4]).mean())
    var log = PipelineLog()
    var reports: [PassReport] = []
    let after = Pipeline.standard.run(try builder.build(), verifying: true) { report in
      log.note(report)
      reports.append(report)
    }
    #expect(log.lines.count == Pipeline.standard.passes.count)
    #expect(reports.map(\.name) == Pipeline.standard.passes.map(\.name))
    #expect(log.lines[0].hasPrefix("dropStopGradient"))
    #expect(log.lines[0].contains("(unchanged)"))
    #expect(log.lines[3].contains("2 -> 4 nodes"))
    #expect(log.lines[3].hasSuffix(" ms"))
    #expect(reports.last?.graph.nodes.count == after.nodes.count)
  }

  @Test func everyPassSaysWhy() {
    for pass in Pipeline.standard.passes + Pipeline.lowering.passes {
      #expect(pass.reason.hasSuffix("."), "\(pass.name)")
    }
  }

  @Test func labelsAndPlacesAreKept() throws {
    let builder = GraphBuilder("labels")
    let x = builder.located(file: "Model.swift", line: 3) { builder.input("x", .f32, [4]) }
    builder.located(file: "Model.swift", line: 4) { builder.output("y", x.mean().named("loss")) }
    let after = Pipeline.standard.run(try builder.build())
    let result = try #require(after.output("y"))
    #expect(after[result].label == "loss")
    #expect(after.nodes.dropFirst().allSatisfy { $0.location?.line == 4 })
  }

  @Test func theOptimizedGraphIsAFixedPoint() throws {
    let builder = GraphBuilder("fixed")
    let x = builder.input("x", .f32, [4, 3])
    builder.output("y", (x.softmax(axis: 1).transposed() / 4).sum(axes: [0]))
    let once = Pipeline.standard.run(try builder.build())
    let twice = Pipeline.standard.run(once)
    #expect(twice.nodes.map(\.op.name) == once.nodes.map(\.op.name))
  }

  @Test(.timeLimit(.minutes(1))) func aHundredThousandNodesAreLinear() throws {
    let builder = GraphBuilder("deep")
    let x = builder.input("x", .f32, [2])
    var y = x
    for layer in 0..<10_000 {
      let bias = builder.variable("b\(layer)", .f32, [2], initializer: .constant(0))
      y = ((y * 1 + bias) / 2).reshape([1, 2]).reshape([2]).tanh() + x.exp()
    }
    builder.output("y", y)
    let graph = try builder.build()
    #expect(graph.nodes.count > 100_000)
    let after = Pipeline.standard.run(graph)
    #expect(after.nodes.count == 1 + 10_000 * 5 + 2)
  }
}

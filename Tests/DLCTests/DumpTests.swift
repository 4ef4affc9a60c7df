import Codegen
import Foundation
import GraphIR
import Models
import Runtime
import Testing

@Suite struct DumpTests {
  static let stages = [
    "graph", "backward", "optimized", "fused", "schedule", "memory", "c", "dot",
  ]
  static let models = Zoo.models.map(\.name)

  @Test(arguments: models, stages)
  func sameInputSameBytes(_ model: String, _ stage: String) throws {
    let first = try CommandLineRun.output("dump", model, "--stage", stage)
    let second = try CommandLineRun.output("dump", model, "--stage", stage)
    // Not the texts themselves, which would be printed whole.
    let isSame = first == second
    #expect(isSame)
    #expect(first.count > 200)
  }

  @Test(arguments: models, ["graph", "backward", "optimized"])
  func graphStagesParseAgain(_ model: String, _ stage: String) throws {
    try TemporaryFolder.with { folder in
      let text = try CommandLineRun.output("dump", model, "--stage", stage)
      let file = folder.appending(path: "model.graph")
      try Data(text.utf8).write(to: file)
      let again = try CommandLineRun.output("dump", file.path, "--stage", "graph")
      let isSame = again == text
      #expect(isSame)
    }
  }

  @Test(arguments: models) func fusedIsTheOptimizedGraph(_ model: String) throws {
    let fused = try CommandLineRun.output("dump", model, "--stage", "fused")
    let optimized = try CommandLineRun.output("dump", model, "--stage", "optimized")
    let graph = try Graph(parsing: fused, file: "fused")
    let isSame = graph.text == optimized
    #expect(isSame)
    let lines = fused.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("// kernel 1: k0") })
    #expect(lines.contains { $0.hasPrefix("  %") && $0.hasSuffix("  // kernel 1") })
    #expect(lines.contains { $0.hasPrefix("// kernel ") && $0.contains(" reads ") })
  }

  @Test func backwardHasAGradientForEachParameter() throws {
    let text = try CommandLineRun.output("dump", "regression", "--stage", "backward")
    let graph = try Graph(parsing: text, file: "backward")
    let names = graph.outputs.map(\.name)
    for layer in 0..<5 {
      #expect(names.contains("grad.l\(layer).w") && names.contains("grad.l\(layer).b"))
    }
  }

  @Test func optionsShapeTheModel() throws {
    let text = try CommandLineRun.output(
      "dump", "regression", "--stage", "graph", "--batch", "3", "--width", "5", "--inputs", "2")
    let graph = try Graph(parsing: text, file: "graph")
    #expect(graph.inputs.map(\.input.type.description) == ["f32[3, 2]", "f32[3, 1]"])
    #expect(graph.parameters[2].variable.type.description == "f32[5, 5]")
  }

  @Test func optimizerOptionsReachTheStep() throws {
    let adam = try CommandLineRun.output("dump", "regression", "--stage", "optimized")
    #expect(adam.contains("exp_avg_sq"))
    let sgd = try CommandLineRun.output(
      "dump", "regression", "--stage", "optimized", "--optimizer", "sgd", "--clip-norm", "1")
    #expect(!sgd.contains("exp_avg") && sgd.contains("output \"grad_norm\""))
  }

  @Test func forwardCompilesAGraphWithoutLoss() throws {
    try TemporaryFolder.with { folder in
      let file = folder.appending(path: "double.graph")
      let text = """
        graph "double" {
          %x = input(name="x", dtype="f32", shape=[4, 2])
          %y = add %x, %x
          output "y" %y
        }
        """
      try Data(text.utf8).write(to: file)
      let c = try CommandLineRun.output(
        "dump", file.path, "--stage", "c", "--forward", "--batch", "6")
      #expect(c.contains("input    x: f32[6, 2]"))
      let error = try CommandLineRun.failure("dump", file.path, "--stage", "c")
      #expect(error.contains("no output 'loss'") && error.contains("--forward"))
    }
  }
}

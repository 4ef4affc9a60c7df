import Foundation
import GraphIR
import ONNX
import Runtime
import TestSupport
import Testing

/// Graphs written as ONNX models and read again compute what they did.
///
/// With DLC_EXPORT_SAMPLES=FOLDER the samples' graphs and inputs are left there, for
/// bench/onnx_export_check.py to run elsewhere.
struct ExportTests {
  /// Ops that leave no node to write, or whose results are never the same.
  private static let others: Set = [
    "input", "variable", "constant", "random_uniform", "random_normal",
  ]
  private static let names = OpTable.entries.map(\.name).filter { !others.contains($0) }

  @Test(arguments: names) func samplesComputeTheSame(_ name: String) throws {
    var compared = 0
    for (seed, sample) in try #require(OpTable.entry(named: name)).samples().enumerated() {
      let drawn = try SampleGraph(sample, seed: seed)
      let types = drawn.graph.nodes.map(\.type)
      // Files have bytes as numbers of another type here, and empty tensors say nothing.
      guard types.allSatisfy({ $0.dtype != .u8 && (1..<5000).contains($0.shape.count) }) else {
        continue
      }
      let model = LoadedModel(try ONNXExport.model(drawn.graph), path: "sample.onnx")
      let again = try ONNXImport.run(model).graph
      #expect(again.inputs.map(\.input) == drawn.graph.inputs.map(\.input), "\(sample.label)")
      let expected = try #require(try results(drawn.graph, drawn.inputs)["y"])
      let found = try #require(try results(again, drawn.inputs)["y"], "\(sample.label)")
      #expect(found.type == expected.type, "\(sample.label)")
      #expect(found.isNear(expected), "\(sample.label)")
      compared += 1
      if let folder = ProcessInfo.processInfo.environment["DLC_EXPORT_SAMPLES"] {
        let path = "\(folder)/\(name)-\(seed)"
        try AtomicFile.write(Array(drawn.graph.text.utf8), to: path + ".dlc")
        try NPZ.write(drawn.inputs, to: path + ".npz")
      }
    }
    #expect(compared > 0)
  }

  private func results(
    _ graph: Graph, _ inputs: [String: Tensor]
  ) throws -> [String: ReferenceTensor] {
    var interpreter = try Interpreter(graph)
    return try interpreter.run(inputs: inputs)
  }

  @Test func keepsNamesAndWeights() throws {
    let builder = GraphBuilder("net")
    let x = builder.input("x", .f32, [2, 3])
    let w = builder.variable("a/w \"1\"", .f32, [3, 2], initializer: .zeros)
    let y = x.matmul(w)
    builder.output("y", y)
    builder.output("again", y)
    builder.output("same", x)
    let graph = try builder.build()
    let weight = Tensor((0..<6).map { Float($0) }, shape: [3, 2])
    let model = try ONNXExport.model(graph, weights: ["a/w \"1\"": weight])
    #expect(model.graph.input.map(\.name) == ["x"])
    #expect(model.graph.output.map(\.name) == ["y", "again", "same"])
    #expect(model.graph.initializer.map(\.name) == ["a/w \"1\""])
    #expect(model.graph.node.map(\.opType) == ["MatMul", "Identity", "Identity"])
    let loaded = LoadedModel(model, path: "net.onnx")
    #expect(try loaded.tensor(model.graph.initializer[0]).tensor == weight)
    #expect(try ONNXImport.run(loaded).weights == ["a/w \"1\"": weight])
  }

  @Test func leavesUpdatesOut() throws {
    let builder = GraphBuilder("step")
    let x = builder.input("x", .f32, [2])
    let mean = builder.variable("mean", .f32, [2], role: .state, initializer: .zeros)
    builder.output("y", x - mean)
    builder.update(mean, to: mean * 0.9 + x * 0.1)
    let model = try ONNXExport.model(try builder.build())
    #expect(model.graph.node.map(\.opType) == ["Sub"])
    #expect(model.graph.initializer.map(\.name) == ["mean"])
  }

  @Test func constantsAreNoInitializers() throws {
    let builder = GraphBuilder("net")
    let x = builder.input("x", .f32, [2])
    let factors = builder.constant(Tensor([2, 3] as [Float], shape: [2]))
    builder.output("y", x * factors)
    let model = LoadedModel(try ONNXExport.model(try builder.build()), path: "net.onnx")
    #expect(model.model.graph.initializer.isEmpty)
    #expect(try ONNXImport.run(model).graph.variables.isEmpty)
  }

  /// As the interpreter draws them, where the graph says from what.
  @Test func storesRandomNumbers() throws {
    let builder = GraphBuilder("noise")
    let x = builder.input("x", .f32, [5])
    builder.output("y", x + builder.randomNormal(key: builder.randomKey(), shape: [5], stream: 0))
    let graph = try builder.build()
    let model = LoadedModel(try ONNXExport.model(graph), path: "noise.onnx")
    #expect(model.model.graph.node.map(\.opType) == ["Constant", "Add"])
    let inputs = ["x": Tensor([1, 2, 3, 4, 5] as [Float], shape: [5])]
    let expected = try #require(try results(graph, inputs)["y"])
    let found = try results(try ONNXImport.run(model).graph, inputs)["y"]
    #expect(try #require(found).isNear(expected))
  }

  @Test func listsWhatItCannotWrite() throws {
    let builder = GraphBuilder("net")
    let w = builder.variable("w", .f32, [2], initializer: .normal(standardDeviation: 1))
    builder.output("y", w * 2)
    let graph = try builder.build()
    let missing = #expect(throws: ExportError.self) { try ONNXExport.model(graph) }
    #expect(missing == .noValue(["w"]))

    let clash = GraphBuilder("net")
    clash.output("x", clash.input("x", .f32, [2]) * 2)
    let clashing = try clash.build()
    let error = #expect(throws: ExportError.self) { try ONNXExport.model(clashing) }
    #expect("\(error!)" == "output 'x' has the name of an input or variable; rename one")
  }
}

extension ReferenceTensor {
  /// Equal but for what constants lose as f32.
  fileprivate func isNear(_ other: ReferenceTensor) -> Bool {
    let scale = other.values.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    return values.count == other.values.count
      && zip(values, other.values).allSatisfy { a, b in
        a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-6 * max(scale, 1)
      }
  }
}

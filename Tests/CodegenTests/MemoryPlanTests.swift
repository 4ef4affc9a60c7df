import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Values that take the place of others, and those that must not.
@Suite struct MemoryPlanTests {
  private let inputs: [String: Tensor] = [
    "x": Tensor(FixtureGenerator.normal(seed: 1, count: 8 * 64), shape: [8, 64]),
    "w": Tensor(FixtureGenerator.normal(seed: 2, count: 64 * 512), shape: [64, 512]),
  ]

  /// x w, [8, 512], and what `body` makes of it.
  private func run(_ body: (GraphBuilder, Value) -> Void) throws -> Program {
    let builder = GraphBuilder("places")
    let product = builder.input("x", .f32, [8, 64]).matmul(builder.input("w", .f32, [64, 512]))
    body(builder, product)
    let graph = try builder.build()
    var interpreter = try Interpreter(graph)
    let expected = try interpreter.run(inputs: inputs)
    let run = try CompiledRun(graph, threads: 2)
    let outputs = try run.executable.run(inputs)
    for (name, reference) in expected {
      let worst = Comparison(try #require(outputs[name]), reference.values)
      #expect(worst.relative < 5e-6, "\(name): \(worst)")
    }
    return run.program
  }

  /// The last step of a softmax has no operand of its size in memory, but its loop has read one.
  @Test func softmaxTakesThePlaceOfItsLogits() throws {
    let program = try run { builder, logits in builder.output("y", logits.softmax()) }
    let shared = program.buffers.filter { $0.nodes.count == 2 }
    #expect(shared.map(\.bytes) == [8 * 512 * 4])
    #expect(program.plannedBytes == 8 * 512 * 4)
  }

  /// The product by 3 is a part of the instruction that adds, behind the one that stores `y`.
  @Test func whatALaterInstructionReadsStays() throws {
    let program = try run { builder, a in
      let tripled = a * 3
      let scaled = a / a.abs().max(axes: [1], keepDims: true)
      builder.output("y", scaled)
      builder.output("z", tripled + scaled.exp())
    }
    let y = try #require(program.graph.output("y"))
    let place = try #require(program.buffers.first { $0.nodes.contains(y) })
    #expect(place.nodes == [y])
  }

  /// The gradient of a maximum lies where the image lay, if its windows are apart and leave nothing
  /// out.
  @Test(arguments: [(2, 2, 8), (2, 2, 9), (3, 2, 9), (3, 3, 9)])
  func gradientsOfMaximaTakeTheImagesPlace(_ size: Int, _ stride: Int, _ side: Int) throws {
    let builder = GraphBuilder("maxima")
    let x = builder.input("x", .f32, [3, 5, side, side])
    let image = (x * 3).tanh()
    let loss = image.maxPool2d(size, stride: stride).squared().sum()
    // Of the image itself: its slope would have to read it later.
    builder.output("g", builder.gradients(of: loss, withRespectTo: [image])[0].exp())
    let graph = try builder.build()
    let inputs = CompiledCheck.inputs(graph, seed: 3)
    try CompiledCheck.expect(graph, inputs, "maxima")
    let program = try CompiledRun(graph).program
    let bytes = 3 * 5 * side * side * 4
    let places = program.buffers.filter { $0.bytes >= bytes }.count
    #expect(places == (size == stride && side % size == 0 ? 1 : 2))
  }

  /// Random numbers are drawn where the weight that they become lies, unless somebody reads its old
  /// value, or them.
  @Test(arguments: 0..<3) func initialValuesNeedNoOtherPlace(_ variant: Int) throws {
    let builder = GraphBuilder("initial")
    let key = builder.input("key", .i64, [2])
    let weight = builder.variable("w", .f32, [33, 70], initializer: .zeros)
    let numbers = builder.randomNormal(key: key, shape: [33, 70])
    builder.update(weight, to: numbers * 0.5 + 2)
    if variant == 1 { builder.output("old", weight.sum()) }
    if variant == 2 { builder.output("numbers", numbers.sum()) }
    let graph = try builder.build()
    let inputs = ["key": Tensor(TensorType(.i64, [2]), doubles: [3, 0])]
    var interpreter = try Interpreter(graph)
    interpreter.variables["w"] = ReferenceTensor(
      TensorType(.f32, [33, 70]), [Double](repeating: 1, count: 33 * 70))
    let run = try CompiledRun(graph, threads: 2)
    try run.state.set("w", to: Tensor([Float](repeating: 1, count: 33 * 70), shape: [33, 70]))
    let outputs = try run.executable.run(inputs)
    for (name, reference) in try interpreter.run(inputs: inputs) {
      let worst = Comparison(try #require(outputs[name]), reference.values)
      #expect(worst.relative < 2e-5, "\(name): \(worst)")
    }
    let worst = Comparison(try #require(run.state["w"]), interpreter.variables["w"]!.values)
    #expect(worst.relative < 2e-6, "\(worst)")
    let takesMemory = run.program.buffers.contains { $0.bytes >= 33 * 70 * 4 }
    #expect(takesMemory == (variant > 0))
  }
}

import GraphIR
import Testing

/// Graphs broken by hand, and what the verifier says of each.
@Suite struct VerifierTests {
  @Test func soundGraphsPass() throws {
    for stage in Verifier.Stage.allCases { try Verifier.check(line(), stage: stage) }
    let b = GraphBuilder("mean")
    let w = b.variable("w", .f32, [3], initializer: .ones)
    b.output("loss", (w * w).mean())
    let step = try TrainingStep.build(forward: try b.build(), optimizer: .adam())
    try Verifier.check(step, stage: .optimized)
  }

  @Test func operands() throws {
    try expect("%2 = mul: operand %2 does not come before it") {
      $0.nodes[2].operands[0] = NodeID(2)
    }
    try expect("%2 = mul: operand %-1 does not come before it") {
      $0.nodes[2].operands[1] = NodeID(-1)
    }
    try expect("%3 = neg: operand %9 does not come before it") {
      $0.nodes[3].operands = [NodeID(9)]
    }
    try expect("%3 = neg: f32[2]: takes 1 operands, not 0") { $0.nodes[3].operands = [] }
  }

  @Test func types() throws {
    try expect("%2 = mul: f32[3]: its operands give f32[2]") {
      $0.nodes[2].type = TensorType(.f32, [3])
    }
    try expect("%3 = neg: f32[2]: takes numbers, not bool; cast it") {
      $0.nodes[2].op = Elementwise("equal")
      $0.nodes[2].type = TensorType(.bool, [2])
    }
  }

  @Test func names() throws {
    try expect("variable 'w' is declared twice") { $0.nodes[0].op = $0.nodes[1].op }
    try expect("input 'x' is declared twice") { $0.nodes[1].op = $0.nodes[0].op }
    try expect("output 'y' is declared twice") { $0.outputs.append($0.outputs[0]) }
  }

  @Test func results() throws {
    try expect("output 'y': there is no %4") { $0.outputs[0].value = NodeID(4) }
    try expect("update of %1: there is no %-2") { $0.updates[0].value = NodeID(-2) }
    try expect("update: %2 = mul: f32[2] is no variable") { $0.updates[0].variable = NodeID(2) }
    try expect("update: %1 'w' = variable: f32[2] is updated twice") {
      $0.updates.append($0.updates[0])
    }
    try expect("update: %1 'w' = variable: f32[2] cannot hold %4, f32[]") {
      $0.nodes.append(
        Node(op: Constant(1, .f32), operands: [], type: TensorType(.f32, .scalar)))
      $0.updates[0].value = NodeID(4)
    }
  }

  @Test func stages() throws {
    let b = GraphBuilder("shorthand")
    let x = b.located(file: "Model.swift", line: 4) { b.input("x", .f32, [2]) }
    b.located(file: "Model.swift", line: 5) { b.output("m", x.mean()) }
    let mean = try b.build()
    try Verifier.check(mean, stage: .optimized)
    for stage in [Verifier.Stage.lowered, .fused] {
      #expect(
        message(mean, stage)
          == "after stage '\(stage.rawValue)': %1 = mean: f32[] (Model.swift:5): "
          + "a mean must be a sum times 1 / count by now")
    }
    let stopped = GraphBuilder("stopped")
    _ = stopped.input("x", .f32, []).stopGradient()
    #expect(message(try stopped.build(), .lowered)?.contains("stop_gradient must be gone") == true)
    let random = GraphBuilder("random")
    _ = random.randomUniform(key: random.randomKey(), like: random.input("x", .f32, [2]))
    #expect(message(try random.build(), .lowered)?.contains("must have their shape") == true)
  }

  private func line() -> Graph {
    let type = TensorType(.f32, [2])
    let w = Variable("w", type, initializer: .ones)
    return Graph(
      name: "line",
      nodes: [
        Node(op: Input("x", type), operands: [], type: type, label: "x"),
        Node(op: w, operands: [], type: type, label: "w"),
        Node(op: Elementwise("mul"), operands: [NodeID(0), NodeID(1)], type: type),
        Node(op: Elementwise("neg"), operands: [NodeID(2)], type: type),
      ],
      outputs: [.init(name: "y", value: NodeID(3))],
      updates: [.init(variable: NodeID(1), value: NodeID(3))])
  }

  private func expect(_ expected: String, _ damage: (inout Graph) -> Void) throws {
    var graph = line()
    damage(&graph)
    #expect(message(graph, .graph) == "after stage 'graph': " + expected)
  }

  private func message(_ graph: Graph, _ stage: Verifier.Stage) -> String? {
    do throws(VerifierError) {
      try Verifier.check(graph, stage: stage)
      return nil
    } catch {
      return error.description
    }
  }
}

@Suite struct VerifierReboundTests {
  @Test func anotherBatch() throws {
    let graph = try model(flat: [-1, 4])
    let small = try graph.rebound(inputs: ["x": TensorType(.f32, [3, 2, 2])])
    #expect(small.output("y").map { small[$0].type } == TensorType(.f32, [3, 5]))
    #expect(small.nodes.map(\.label) == graph.nodes.map(\.label))
    try Verifier.check(small, stage: .graph)
    #expect(try small.rebound(inputs: ["x": TensorType(.f32, [8, 2, 2])]).text == graph.text)
  }

  @Test func fixedBatch() throws {
    let graph = try model(flat: [8, 4])
    let error = #expect(throws: BuildError.self) {
      try graph.rebound(inputs: ["x": TensorType(.f32, [3, 2, 2])])
    }
    #expect(
      error?.description
        == "Model.swift:7: %2 'flat' = reshape: f32[8, 4] (Model.swift:7) does not fit "
        + "f32[3, 2, 2]: 12 elements of f32[3, 2, 2] do not fill shape [8, 4]; write -1 for the "
        + "size that changes")
  }

  @Test func unknownInput() throws {
    let graph = try model(flat: [-1, 4])
    let error = #expect(throws: BuildError.self) {
      try graph.rebound(inputs: ["z": TensorType(.f32, [])])
    }
    #expect(error?.message == "graph 'model' has no input 'z': its inputs are 'x'")
  }

  @Test func updatesMustFit() throws {
    let b = GraphBuilder("seen")
    let x = b.input("x", .f32, [4])
    let last = b.variable("last", .f32, [4], role: .state, initializer: .zeros)
    b.update(last, to: x)
    let graph = try b.build()
    let error = #expect(throws: BuildError.self) {
      try graph.rebound(inputs: ["x": TensorType(.f32, [2])])
    }
    #expect(error?.message.contains("cannot hold f32[2], which %0 has become") == true)
  }

  private func model(flat: [Int]) throws -> Graph {
    let b = GraphBuilder("model")
    let x = b.input("x", .f32, [8, 2, 2])
    let w = b.variable("w", .f32, [4, 5], initializer: .ones)
    let y = x.reshape(flat, file: "Model.swift", line: 7).named("flat").matmul(w)
    b.output("y", y)
    return try b.build()
  }
}

import GraphIR
import Testing

/// Graphs to text and back.
@Suite struct TextTests {
  static let example = """
    graph "line \\"1\\"" {
      %0 = input(name="x", dtype="f32", shape=[2, 3]) : f32[2, 3]  #"x" @"Models/Line.swift":3
      %1 = variable(name="w", dtype="f32", shape=[3], role="parameter", uniform=0.5) : f32[3]
      %2 = constant(dtype="f32", shape=[3], value=[0.1, -0.0, inf]) : f32[3]
      %3 = mul %0, %1 : f32[2, 3]  #"scaled"
      %4 = clamp(low=-1.0, high=1e-08) %3 : f32[2, 3]
      %5 = add %4, %2 : f32[2, 3]
      %6 = sum(axes=[0, 1], keep=false) %5 : f32[]
      %7 = sub %1, %2 : f32[3]
      output "loss" %6
      update %1 %7
    }

    """

  @Test func roundTrip() throws {
    let graph = try Graph(parsing: Self.example, file: "line.dlc")
    #expect(graph.text == Self.example)
    #expect(graph.name == "line \"1\"")
    #expect(graph.nodes[0].location == SourceLocation(file: "Models/Line.swift", line: 3))
    #expect(graph.nodes[3].label == "scaled")
    #expect(graph.output("loss") == NodeID(6))
    #expect(graph.updates == [.init(variable: NodeID(1), value: NodeID(7))])
  }

  @Test func everySampleOfEveryOp() throws {
    for entry in OpTable.entries {
      for sample in entry.samples() {
        let b = GraphBuilder(entry.name)
        let operands = sample.operands.enumerated().map { place, operand in
          b.input("x\(place)", operand.type.dtype, operand.type.shape)
        }
        _ = b.append(sample.op, operands)
        try expectRoundTrip(try b.build())
      }
    }
  }

  @Test func trainingStep() throws {
    let forward = try Graph(parsing: Self.example, file: "line.dlc")
    var trained = forward
    trained.updates = []
    try expectRoundTrip(try TrainingStep.build(forward: trained, optimizer: .adam()))
  }

  @Test func constantsKeepTheirBits() throws {
    let b = GraphBuilder("bits")
    let floats: [Float] = [
      0, -0.0, 0.1, 16_777_216, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity,
      -.infinity, .nan, -.nan, Float(bitPattern: 0x7fc0_0123),
    ]
    let doubles: [Double] = [
      0.1, 1e-308, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.nan,
      Double(bitPattern: 0x7ff8_0000_0000_0001),
    ]
    let integers: [Int64] = [.min, .max, (1 << 53) + 1]
    let tensors = [
      Tensor(floats, shape: [11]), Tensor(doubles, shape: [2, 3]), Tensor(integers, shape: [3]),
      Tensor([Int32.min, .max], shape: [2]), Tensor([true, false], shape: [2]),
      Tensor([UInt8(0), 255], shape: [2]), Tensor([Float](), shape: [0, 4]),
    ]
    for tensor in tensors { _ = b.constant(tensor) }
    _ = b.variable("w", .i64, [3], initializer: .given(tensors[2]))
    let graph = try b.build()
    let back = try Graph(parsing: graph.text, file: "bits.dlc")
    #expect(back.text == graph.text)
    #expect(back.nodes.compactMap { ($0.op as? Constant)?.tensor } == tensors)
    #expect((back.nodes[7].op as? Variable)?.initializer == .given(tensors[2]))
  }

  @Test func namesOfAllKinds() throws {
    let b = GraphBuilder("a\\b\n\"c\" \u{7}\u{1f600} // no comment")
    b.output("é \t", b.input("x\r", .f32, []).named("%0 {"))
    try expectRoundTrip(try b.build())
  }

  @Test func byHand() throws {
    let graph = try Graph(
      parsing: """
        // A layer, without types.
        graph "layer" { // here too
          %x = input(name="x",dtype="f32",shape=[2,3])
          %w = variable(name="w", dtype="f32", shape=[3, 4], role="parameter", normal=1)
          %hidden = matmul(transpose_a=false, transpose_b=false) %x, %w
          %0 = relu() %hidden #"activation" // comment
          output "y" %0 }
        """, file: "layer.dlc")
    let types = graph.nodes.map(\.type.description)
    #expect(types == ["f32[2, 3]", "f32[3, 4]", "f32[2, 4]", "f32[2, 4]"])
    #expect(graph.nodes.map(\.label) == ["x", "w", "hidden", "activation"])
  }

  @Test func comments() throws {
    let graph = try Graph(parsing: Self.example, file: "line.dlc")
    let text = graph.text { $0 == NodeID(3) ? "fused\nwith %4" : nil }
    #expect(text.contains("%3 = mul %0, %1 : f32[2, 3]  #\"scaled\"  // fused with %4\n"))
    #expect(try Graph(parsing: text, file: "line.dlc").text == graph.text)
  }

  @Test func manyNodes() throws {
    let b = GraphBuilder("deep")
    let x = b.input("x", .f32, [4])
    var y = x
    for _ in 0..<100_000 { y = b.append(Elementwise("add"), [y, x]) }
    b.output("y", y)
    try expectRoundTrip(try b.build())
  }

  @Test func dot() throws {
    let b = GraphBuilder("line")
    let w = b.variable("w", .f32, [2], initializer: .ones)
    let y = b.append(Elementwise("neg"), [w], label: "say \"no\"")
    b.output("y", y)
    b.update(w, to: y)
    #expect(
      try b.build().dot == """
        digraph "line" {
          node [shape=box, fontname="monospace"];
          n0 [label="%0 variable\\nw\\nf32[2]", shape=ellipse];
          n1 [label="%1 neg\\nsay \\"no\\"\\nf32[2]"];
          n0 -> n1;
          o0 [label="y", shape=doublecircle];
          n1 -> o0;
          n1 -> n0 [style=dashed, constraint=false];
        }

        """)
  }

  private func expectRoundTrip(
    _ graph: Graph, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let text = graph.text
    let back = try Graph(parsing: text, file: "graph.dlc")
    #expect(back.text == text, sourceLocation: sourceLocation)
    let same = zip(graph.nodes, back.nodes).allSatisfy { a, b in
      let op: any Op = a.op
      return op.equals(b.op) && a.type == b.type
    }
    #expect(same && graph.nodes.count == back.nodes.count, sourceLocation: sourceLocation)
  }
}

extension Op {
  fileprivate func equals(_ other: any Op) -> Bool { other as? Self == self }
}

import GraphIR
import TestSupport
import Testing

/// The forms which the code generator relies on hold after the passes, and results stay.
@Suite struct PassesLoweringTests {
  @Test(arguments: OpTable.entries.map(\.name))
  func samplesKeepTheirResults(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for (index, sample) in entry.samples().enumerated() {
      let sampleGraph = try SampleGraph(sample, seed: UInt64(index))
      for (title, pipeline) in PassesSupport.pipelines {
        let after = pipeline.run(sampleGraph.graph)
        PassesSupport.expectForms(after, "\(title), \(sample.label)")
        try PassesSupport.expectSameResults(
          sampleGraph.graph, after, sampleGraph.inputs, "\(title), \(sample.label)")
      }
    }
  }

  @Test func theMeanOfNothingIsNaN() throws {
    let after = try lowered { x in
      x.mean(axes: [1])
    } of: {
      $0.input("x", .f32, [2, 0])
    }
    let empty = Tensor([Float](), shape: [2, 0])
    var interpreter = try Interpreter(after)
    let mean = try interpreter.run(inputs: ["x": empty])
    #expect(mean["y"]?.values.allSatisfy(\.isNaN) == true)
  }

  @Test(arguments: [31, 32]) func separateBlocksAreReducedLongRowsFirst(_ length: Int) throws {
    let after = try lowered { x in
      x.sum(axes: [0, 2, 3])
    } of: {
      $0.input("x", .f32, [2, 3, length, 1])
    }
    let reductions = after.nodes.compactMap { $0.op as? Reduce }
    #expect(reductions.map(\.axes) == (length < 32 ? [[0], [2]] : [[2], [0]]))
    #expect(reductions.map(\.keep) == [true, true])
    #expect(after.nodes.last?.op.name == "reshape")
    let elements = (0..<6 * length).map { Float(($0 * 7) % 12) - 5.5 }
    let x = Tensor(elements, shape: [2, 3, length, 1])
    var interpreter = try Interpreter(after)
    let sums = (0..<3).map { channel in
      (0..<2).reduce(0) { sum, image in
        let start = (image * 3 + channel) * length
        return elements[start..<start + length].reduce(sum) { $0 + Double($1) }
      }
    }
    #expect(try interpreter.run(inputs: ["x": x])["y"]?.values == sums)
  }

  @Test func aBlockOfAxesIsOneRow() throws {
    let after = try lowered { x in
      x.sum(axes: [0, 2, 3])
    } of: {
      $0.input("x", .f32, [2, 3, 4, 8])
    }
    #expect(after.nodes.compactMap { ($0.op as? Reduce)?.axes } == [[2, 3], [0]])
  }

  @Test func anAxisOfSizeOneInsideABlockIsTakenIn() throws {
    let after = try lowered { x in
      x.max(axes: [0, 2])
    } of: {
      $0.input("x", .f32, [2, 1, 4])
    }
    #expect(after.nodes.compactMap { ($0.op as? Reduce)?.axes } == [[0, 1, 2]])
  }

  @Test func rowsLongerThanTheKernelsAreSplitUp() throws {
    for (length, isSplit) in [(Normalize.longestRow, false), (Normalize.longestRow + 1, true)] {
      let after = try lowered {
        $0.normalized()
      } of: {
        $0.input("x", .f32, [2, length])
      }
      #expect(after.nodes.contains { $0.op is Normalize } == !isSplit)
      #expect(after.nodes.contains { $0.op is Reduce } == isSplit)
    }
  }

  @Test func theGradientOfAWeightIsOneProduct() throws {
    let after = try lowered { x in
      x.matmul(x.builder.input("g", .f32, [2, 3, 5]), transposeA: true).sum(axes: [0])
    } of: {
      $0.input("x", .f32, [2, 3, 4])
    }
    let product = try #require(after.nodes.first { $0.op is MatMul })
    #expect(after[product.operands[0]].type.shape == [6, 4])
    #expect(!after.nodes.contains { $0.op is Reduce })
  }

  @Test func resultsThatAreSourcesAreCopied() throws {
    let builder = GraphBuilder("swap")
    let a = builder.variable("a", .f32, [2], initializer: .constant(1))
    let b = builder.variable("b", .f32, [2], initializer: .constant(2))
    let x = builder.input("x", .f32, [2])
    builder.update(a, to: b)
    builder.update(b, to: a)
    builder.output("x", x)
    builder.output("again", x)
    let graph = try builder.build()
    let after = Pipeline.lowering.run(graph)
    PassesSupport.expectForms(after, "swap")
    try PassesSupport.expectSameResults(graph, after, ["x": Tensor([Float(3), 4], shape: [2])], "")
  }

  @Test func oneValueForTwoVariablesIsCopied() throws {
    let builder = GraphBuilder("twins")
    let a = builder.variable("a", .f32, [2], initializer: .constant(1))
    let b = builder.variable("b", .f32, [2], initializer: .constant(2))
    let c = builder.variable("c", .f32, [2], initializer: .constant(3))
    let sum = a + b
    builder.update(a, to: sum)
    builder.update(b, to: sum)
    builder.update(c, to: c)
    let graph = try builder.build()
    let after = Pipeline.lowering.run(graph)
    #expect(after.updates.count == 2)
    PassesSupport.expectForms(after, "twins")
    try PassesSupport.expectSameResults(graph, after, [:], "")
  }

  @Test func unusedInputsAndVariablesStay() throws {
    let builder = GraphBuilder("interface")
    let x = builder.input("x", .f32, [2])
    _ = builder.input("unused", .f32, [2])
    _ = builder.variable("v", .f32, [2], initializer: .constant(1))
    _ = x.exp()
    builder.output("y", -x)
    let after = Pipeline.lowering.run(try builder.build())
    #expect(after.nodes.map(\.op.name) == ["input", "input", "variable", "neg"])
  }

  private func lowered(
    _ body: (Value) -> Value, of input: (GraphBuilder) -> Value
  ) throws -> Graph {
    let builder = GraphBuilder("test")
    builder.output("y", body(input(builder)))
    return Pipeline.lowering.run(try builder.build())
  }
}

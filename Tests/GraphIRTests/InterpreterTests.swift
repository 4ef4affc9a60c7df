import GraphIR
import Testing

@Suite struct InterpreterTests {
  private func counter() throws -> Graph {
    let builder = GraphBuilder("counter")
    let x = builder.input("x", .f32, [2])
    let first = Tensor([1, 2] as [Float], shape: [2])
    let a = builder.variable("a", .f32, [2], initializer: .given(first))
    let b = builder.variable("b", .f32, [2], initializer: .zeros)
    builder.output("sum", a + b)
    builder.update(a, to: a + x)
    builder.update(b, to: a * 10)
    return try builder.build()
  }

  /// No node sees a variable after its update, whatever the order of the updates.
  @Test func updatesTakeEffectTogether() throws {
    var interpreter = try Interpreter(counter())
    let x = Tensor([1, 1] as [Float], shape: [2])
    #expect(try interpreter.run(inputs: ["x": x])["sum"]?.values == [1, 2])
    #expect(interpreter.variables["a"]?.values == [2, 3])
    #expect(interpreter.variables["b"]?.values == [10, 20])
    #expect(try interpreter.run(inputs: ["x": x])["sum"]?.values == [12, 23])
    #expect(interpreter.variables["b"]?.values == [20, 30])
  }

  @Test func wrongInputs() throws {
    var interpreter = try Interpreter(counter())
    let good = Tensor([1, 1] as [Float], shape: [2])
    let bad = Tensor([1, 1] as [Double], shape: [2])
    let cases: [([String: Tensor], String)] = [
      ([:], "input 'x' (f32[2]) is missing"),
      (["x": bad], "input 'x' must be f32[2], not f64[2]"),
      (["x": good, "y": good], "there is no input 'y', only x"),
    ]
    for (inputs, message) in cases {
      let error = #expect(throws: InterpreterError.self) { try interpreter.run(inputs: inputs) }
      #expect(error?.description == message)
    }
    interpreter.variables["a"] = ReferenceTensor(TensorType(.f32, []), [0])
    let error = #expect(throws: InterpreterError.self) { try interpreter.run(inputs: ["x": good]) }
    #expect(error?.description == "variable 'a' must be f32[2], not f32[]")
  }

  /// Draws follow the variable's place and the seed, within the initializer's limits.
  @Test func initialization() throws {
    let builder = GraphBuilder("model")
    for (name, dtype) in [("w", DType.f32), ("v", .f32), ("d", .f64)] {
      _ = builder.variable(name, dtype, [3, 5], initializer: .uniform(bound: 0.5))
    }
    _ = builder.variable("n", .f32, [3, 5], initializer: .normal(standardDeviation: 2))
    _ = builder.variable("step", .i64, [], role: .state, initializer: .constant(4))
    let graph = try builder.build()
    let variables = try Interpreter(graph, seed: 3).variables
    let (w, v) = (try #require(variables["w"]), try #require(variables["v"]))
    #expect(w.values != v.values)
    #expect(w.values.allSatisfy { $0 >= -0.5 && $0 < 0.5 })
    #expect(
      w.values
        == (0..<15).map { index in
          let unit = Philox(seed: 3, step: -1, stream: 0).uniformSingle(index)
          return Double(Float((2 * unit - 1) * 0.5))
        })
    let double = Philox(seed: 3, step: -1, stream: 2)
    #expect(variables["d"]?.values == (0..<15).map { (2 * double.uniformDouble($0) - 1) * 0.5 })
    let normal = Philox(seed: 3, step: -1, stream: 3)
    #expect(variables["n"]?.values == (0..<15).map { Double(Float(2 * normal.normalSingle($0))) })
    #expect(variables["step"]?.values == [4])
    #expect(try Interpreter(graph, seed: 3).variables == variables)
    #expect(try Interpreter(graph, seed: 4).variables["w"] != w)
  }

  @Test func initializersThatDoNotFit() throws {
    let cases: [(DType, Initializer, String)] = [
      (.i64, .uniform(bound: 1), "random_uniform: takes f32 or f64, not i64"),
      (.f32, .given(Tensor([1] as [Float], shape: [1])), "update: "),
    ]
    for (dtype, initializer, message) in cases {
      let builder = GraphBuilder("model")
      _ = builder.variable("w", dtype, [3], initializer: initializer)
      let graph = try builder.build()
      let error = #expect(throws: BuildError.self) { try Interpreter(graph) }
      #expect(error?.message.hasPrefix(message) == true)
    }
  }
}

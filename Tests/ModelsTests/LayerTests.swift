import GraphIR
import Models
import Testing

@Suite struct LayerTests {
  @Test func linearMultipliesAndAdds() throws {
    let builder = GraphBuilder("linear")
    let x = builder.input("x", .f32, [2, 2])
    let weight = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let bias = Tensor([0.5, 0, -1] as [Float], shape: [3])
    let layer = Linear(
      builder, "layer", inputs: 2, outputs: 3,
      initialization: .given(weight: .given(weight), bias: .given(bias)))
    builder.output("y", layer(x))
    var interpreter = try Interpreter(builder.build())
    let given = Tensor([1, 0, 1, 1] as [Float], shape: [2, 2])
    #expect(try interpreter.run(inputs: ["x": given])["y"]?.values == [1.5, 2, 2, 5.5, 7, 8])
  }

  @Test func linearWithoutBias() throws {
    let builder = GraphBuilder("linear")
    let x = builder.input("x", .f32, [4, 2])
    let layer = Linear(builder, "layer", inputs: 2, outputs: 3, hasBias: false)
    builder.output("y", layer(x))
    #expect(try builder.build().variables.map(\.variable.key) == ["layer.w"])
  }

  /// A layer is its weights: calling it twice shares them.
  @Test func callsShareWeights() throws {
    let builder = GraphBuilder("tied")
    let x = builder.input("x", .f32, [4, 3])
    let layer = Linear(builder, "layer", inputs: 3, outputs: 3)
    builder.output("y", layer(layer(x)))
    let graph = try builder.build()
    #expect(graph.variables.count == 2)
    #expect(graph.nodes.filter { $0.op is MatMul }.count == 2)
  }

  @Test func mlpHasNoActivationAfterItsLast() throws {
    let builder = GraphBuilder("mlp")
    let x = builder.input("x", .f32, [1, 1])
    let one = Initializer.given(Tensor([-1] as [Float], shape: [1, 1]))
    let mlp = MLP(
      builder, [1, 1, 1, 1], first: 4, initialization: .given(weight: one, bias: .zeros))
    builder.output("y", mlp(x))
    let graph = try builder.build()
    #expect(
      graph.variables.map(\.variable.key) == ["l4.w", "l4.b", "l5.w", "l5.b", "l6.w", "l6.b"])
    var interpreter = try Interpreter(graph)
    // -3 becomes relu(3), relu(-3), and 0 times -1.
    let low = Tensor([-3] as [Float], shape: [1, 1])
    #expect(try interpreter.run(inputs: ["x": low])["y"]?.values == [0])
    #expect(graph.nodes.filter { $0.op.name == "relu" }.count == 2)
  }

  @Test func sequentialAppliesInOrder() throws {
    let builder = GraphBuilder("sequential")
    let x = builder.input("x", .f32, [3])
    let both = Sequential(Activation.relu, Sequential([Activation.tanh]), Activation.identity)
    builder.output("y", both(x))
    let names = try builder.build().nodes.map(\.op.name)
    #expect(names == ["input", "relu", "tanh"])
  }

  @Test func activationsAreTheirFunctions() throws {
    let expected: [(Activation, String)] = [
      (.relu, "relu"), (.leakyReLU(slope: 0.2), "leaky_relu"), (.elu(alpha: 2), "elu"),
      (.gelu, "gelu"), (.geluTanh, "gelu_tanh"), (.silu, "silu"), (.sigmoid, "sigmoid"),
      (.tanh, "tanh"), (.softplus, "softplus"),
    ]
    for (activation, name) in expected {
      let builder = GraphBuilder("activation")
      builder.output("y", activation(builder.input("x", .f32, [3])))
      #expect(try builder.build().nodes.last?.op.name == name)
    }
  }

  @Test func dropoutIsOffInEvaluation() throws {
    let builder = GraphBuilder("dropout")
    let x = builder.input("x", .f32, [64])
    builder.output("y", Dropout(0.5, isTraining: false)(x))
    #expect(try builder.build().nodes.count == 1)
  }

  @Test func dropoutDrawsAnewEachRun() throws {
    let builder = GraphBuilder("dropout")
    let x = builder.input("x", .f32, [64])
    builder.output("y", Dropout(0.5)(x))
    var interpreter = try Interpreter(builder.build())
    let ones = Tensor([Float](repeating: 1, count: 64), shape: [64])
    let first = try #require(try interpreter.run(inputs: ["x": ones])["y"]).values
    let second = try #require(try interpreter.run(inputs: ["x": ones])["y"]).values
    #expect(Set(first) == [0, 2] && Set(second) == [0, 2])
    #expect(first != second)
  }

  /// The place is the line of the model, not one inside the layer.
  @Test func mistakesAreReportedWhereTheLayerIsCalled() {
    let builder = GraphBuilder("wrong")
    let x = builder.input("x", .f32, [4, 3])
    let layer = MLP(builder, [5, 2])
    let line = #line + 1
    builder.output("y", layer(x))
    let place = SourceLocation(file: #fileID, line: line)
    #expect { try builder.build() } throws: { ($0 as? BuildError)?.location == place }
    let rate = GraphBuilder("rate")
    rate.output("y", Dropout(1)(rate.input("x", .f32, [4])))
    #expect { try rate.build() } throws: { "\($0)".contains("rate 1.0 is not in 0..<1") }
  }
}

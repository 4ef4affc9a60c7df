import GraphIR
import Testing

/// Gradients of small compositions against values worked out by hand.
@Suite struct AutodiffTests {
  @Test func composition() throws {
    // loss = sum((w x + b)^2); d w = sum 2 (w x + b) x, d b = sum 2 (w x + b).
    let b = GraphBuilder("line")
    let x = b.input("x", .f64, [3])
    let w = b.variable("w", .f64, [], initializer: .constant(2))
    let bias = b.variable("b", .f64, [1], initializer: .constant(1))
    let y = w * x + bias
    let gradients = b.gradients(of: (y * y).sum(), withRespectTo: [w, bias, x])
    #expect(gradients.map(\.type) == [w.type, bias.type, x.type])
    let values = try evaluate(b, gradients, ["x": [1, 2, 3]])
    // y = 3, 5, 7.
    #expect(values == [[2 * (3 + 10 + 21)], [30], [12, 20, 28]])
  }

  @Test func diamondAccumulates() throws {
    let b = GraphBuilder("diamond")
    let x = b.input("x", .f64, [])
    let left = x * 3
    let right = x.squared()
    let values = try evaluate(b, b.gradients(of: left * right, withRespectTo: [x]), ["x": [2]])
    #expect(values == [[36]])  // d 3 x^3 = 9 x^2
  }

  @Test func broadcastingIsUndone() throws {
    let b = GraphBuilder("broadcast")
    let column = b.input("column", .f64, [2, 1])
    let row = b.input("row", .f64, [3])
    let scalar = b.input("scalar", .f64, [1, 1, 1])
    let product = column * row * scalar
    let gradients = b.gradients(of: product.sum(), withRespectTo: [column, row, scalar])
    let given = ["column": [1.0, 2], "row": [3, 4, 5], "scalar": [10]]
    #expect(try evaluate(b, gradients, given) == [[120, 120], [30, 30, 30], [36]])
  }

  @Test func seedGivesVectorJacobianProduct() throws {
    let b = GraphBuilder("vjp")
    let x = b.input("x", .f64, [3])
    let seed = b.input("seed", .f64, [3])
    let gradients = b.gradients(of: x * x, withRespectTo: [x], seed: seed)
    let given = ["x": [1.0, 2, 3], "seed": [1, 10, 100]]
    #expect(try evaluate(b, gradients, given) == [[2, 40, 600]])
  }

  @Test func gradientOfGradient() throws {
    let b = GraphBuilder("twice")
    let x = b.input("x", .f64, [2])
    let first = b.gradients(of: (x * x * x).sum(), withRespectTo: [x])[0]
    let second = b.gradients(of: first.sum(), withRespectTo: [x])[0]
    let third = b.gradients(of: second.sum(), withRespectTo: [x])[0]
    let values = try evaluate(b, [first, second, third], ["x": [2, 3]])
    #expect(values == [[12, 27], [12, 18], [6, 6]])
  }

  @Test func interiorValuesHaveGradients() throws {
    let b = GraphBuilder("interior")
    let x = b.input("x", .f64, [])
    let hidden = x * 2
    let loss = hidden * hidden
    let values = try evaluate(
      b, b.gradients(of: loss, withRespectTo: [hidden, x, loss]), ["x": [3]])
    #expect(values == [[12], [24], [1]])
  }

  @Test func gradientsAreNamedAndPlaced() {
    let b = GraphBuilder("named")
    let w = b.variable("w", .f32, [2], initializer: .zeros, file: "Model.swift", line: 7)
    let gradient = b.gradients(of: (w * w).sum(), withRespectTo: [w])[0]
    #expect(b.graph[gradient.id].label == "d w")
    #expect(b.graph[gradient.id].location == SourceLocation(file: "Model.swift", line: 7))
  }

  @Test func parametersOfAGraph() throws {
    let b = GraphBuilder("model")
    let w = b.variable("w", .f64, [2], initializer: .constant(3))
    let state = b.variable("seen", .f64, [2], role: .state, initializer: .ones)
    b.output("loss", (w * w * state).sum())
    let (graph, report) = try b.build().differentiated()
    #expect(graph.outputs.map(\.name) == ["loss", "grad.w"])
    #expect(report.isEmpty)
    var interpreter = try Interpreter(graph)
    #expect(try interpreter.run(inputs: [:])["grad.w"]?.values == [6, 6])
  }

  @Test func zerosAreSaidAloud() throws {
    let b = GraphBuilder("silent")
    let x = b.input("x", .f64, [2], file: "Model.swift", line: 1)
    let used = b.variable("w", .f64, [2], initializer: .ones)
    let unused = b.variable("b", .f64, [3], initializer: .ones)
    let count = b.input("count", .i64, [2])
    let steps = b.located(file: "Model.swift", line: 9) { (x * 2).floor() }
    let loss = (steps * used + count.cast(to: .f64)).sum()
    let report = b.differentiate(loss, withRespectTo: [x, used, unused, count])
    #expect(
      report.lines == [
        "gradient of input 'x' is zero: floor is constant between integers "
          + "(at \(steps.id) = floor: f64[2] (Model.swift:9))",
        "no gradient reaches variable 'b': it is not used by the loss",
        "no gradient reaches input 'count': it is i64, and only floats have gradients",
      ])
    let given = ["x": [1.5, 2.5], "count": [0, 0]]
    #expect(report.gradients.map(\.type) == [x, used, unused, count].map(\.type))
    #expect(
      try evaluate(b, report.gradients, given) == [[0, 0], [3, 5], [0, 0, 0], [0, 0]])
  }

  @Test func aSecondPathMakesNoSilence() {
    let b = GraphBuilder("both")
    let x = b.input("x", .f64, [])
    let report = b.differentiate(x.floor() * x, withRespectTo: [x])
    #expect(report.lines.isEmpty)
  }

  @Test func deepChainIsLinear() throws {
    let b = GraphBuilder("deep")
    let x = b.input("x", .f64, [])
    var y = x
    for _ in 0..<100_000 { y = y + x }
    let gradient = b.gradients(of: y, withRespectTo: [x])[0]
    #expect(try evaluate(b, [gradient], ["x": [0]]) == [[100_001]])
  }

  private func evaluate(
    _ builder: GraphBuilder, _ values: [Value], _ inputs: [String: [Double]]
  ) throws -> [[Double]] {
    let graph = try builder.build()
    let given = Dictionary(
      uniqueKeysWithValues: graph.inputs.compactMap { entry in
        inputs[entry.input.key].map { (entry.input.key, ReferenceTensor(entry.input.type, $0)) }
      })
    let results = try Interpreter(graph).evaluate(given)
    return values.map { results[$0.id.index].values }
  }
}

/// What cannot be differentiated says so, and what to do instead.
@Suite struct AutodiffErrorTests {
  @Test func lossMustBeScalar() {
    let b = GraphBuilder("vector")
    let x = b.input("x", .f32, [3])
    let y = b.located(file: "Model.swift", line: 5) { x * x }.named("squares")
    #expect(
      message(b, y, x)
        == "Model.swift:5: gradients: %1 'squares' = mul: f32[3] (Model.swift:5) is not a scalar; "
        + "reduce it with .sum() or .mean(), or give a seed of type f32[3] for a "
        + "vector-Jacobian product")
  }

  @Test func lossMustBeFloat() {
    let b = GraphBuilder("integer")
    let x = b.input("x", .i64, [], file: "Model.swift", line: 2)
    #expect(
      message(b, x, x)
        == "Model.swift:2: gradients: %0 'x' = input: i64[] (Model.swift:2) is no float, so it "
        + "has no gradient; cast what it is made of")
  }

  @Test func seedMustFit() {
    let b = GraphBuilder("seed")
    let x = b.input("x", .f32, [3], file: "Model.swift", line: 2)
    let seed = b.input("s", .f32, [2], file: "Model.swift", line: 3)
    _ = b.gradients(of: x, withRespectTo: [x], seed: seed)
    #expect(
      b.failure?.message
        == "gradients: the seed %1 's' = input: f32[2] (Model.swift:3) must have the type of "
        + "%0 'x' = input: f32[3] (Model.swift:2)")
  }

  @Test func graphMustHaveTheLoss() throws {
    let b = GraphBuilder("model")
    b.output("y", b.input("x", .f32, []))
    let graph = try b.build()
    let error = #expect(throws: BuildError.self) { try graph.differentiated() }
    #expect(error?.message == "graph 'model' has no output 'loss': its outputs are 'y'")
  }

  private func message(_ builder: GraphBuilder, _ loss: Value, _ value: Value) -> String? {
    let gradients = builder.gradients(of: loss, withRespectTo: [value])
    #expect(gradients.map(\.isValid) == [false])
    return builder.failure?.description
  }
}

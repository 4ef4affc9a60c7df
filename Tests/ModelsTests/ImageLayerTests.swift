import GraphIR
import Models
import Testing

@Suite struct ImageLayerTests {
  @Test func convolutionHasPyTorchsShapesAndBounds() throws {
    let builder = GraphBuilder("conv")
    let x = builder.input("x", .f32, [2, 4, 8, 8])
    let layer = Conv2d(builder, "c", channels: 4, filters: 6, stride: 2, padding: 1, groups: 2)
    let back = ConvTranspose2d(
      builder, "t", channels: 6, filters: 4, size: 3, stride: 2, padding: 1, outputPadding: 1)
    let y = layer(x)
    builder.output("y", y)
    builder.output("z", back(y))
    let graph = try builder.build()
    #expect(y.shape == [2, 6, 4, 4])
    let z = try #require(graph.output("z"))
    #expect(graph[z].type.shape == [2, 4, 8, 8])
    let variables = graph.parameters.map(\.variable)
    #expect(variables.map(\.key) == ["c.w", "c.b", "t.w", "t.b"])
    #expect(variables.map(\.type.shape.dims) == [[6, 2, 3, 3], [6], [6, 4, 3, 3], [4]])
    #expect(variables[0].initializer == .linearDefault(fanIn: 18))
    #expect(variables[2].initializer == .linearDefault(fanIn: 36))
  }

  /// By hand: channels 1, 3 and 0, 4 have means 2 and 2, variances 1 and 4 (2 and 8 unbiased).
  @Test func batchNormMovesItsStatistics() throws {
    let builder = GraphBuilder("norm")
    let x = builder.input("x", .f32, [2, 2])
    builder.output("y", BatchNorm(builder, "n", channels: 2, epsilon: 0)(x))
    let graph = try builder.build()
    #expect(graph.parameters.map(\.variable.key) == ["n.g", "n.b"])
    var interpreter = try Interpreter(graph)
    let batch = Tensor([1, 0, 3, 4] as [Float], shape: [2, 2])
    #expect(try interpreter.run(inputs: ["x": batch])["y"]?.values == [-1, -1, 1, 1])
    func near(_ name: String, _ expected: [Double]) {
      let values = interpreter.variables[name]?.values ?? []
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name): \(values)")
    }
    near("n.mean", [0.2, 0.2])
    near("n.variance", [0.9 + 0.2, 0.9 + 0.8])
    _ = try interpreter.run(inputs: ["x": batch])
    near("n.mean", [0.38, 0.38])
  }

  @Test func batchNormEvaluatesWithItsStatistics() throws {
    let builder = GraphBuilder("norm")
    let x = builder.input("x", .f32, [1, 2])
    builder.output(
      "y", BatchNorm(builder, "n", channels: 2, epsilon: 0, isTraining: false)(x))
    let graph = try builder.build()
    #expect(graph.updates.isEmpty)
    var interpreter = try Interpreter(graph)
    let given = Tensor([3, -2] as [Float], shape: [1, 2])
    #expect(try interpreter.run(inputs: ["x": given])["y"]?.values == [3, -2])
  }

  /// max(relu(x)) = relu(max(x)): the ReLU goes over a quarter of the elements.
  @Test func maximumIsTakenBeforeReLU() throws {
    let builder = GraphBuilder("pool")
    let x = builder.input("x", .f32, [1, 1, 2, 4])
    builder.output("y", x.relu().maxPool2d(2))
    let graph = try builder.build()
    let relus = graph.nodes.filter { $0.op.name == "relu" }
    #expect(relus.contains { $0.type.shape == [1, 1, 1, 2] })
    var interpreter = try Interpreter(graph)
    let given = Tensor([-1, -2, 3, 1, -4, -3, 0, 2] as [Float], shape: [1, 1, 2, 4])
    #expect(try interpreter.run(inputs: ["x": given])["y"]?.values == [0, 3])
  }

  @Test func mistakesAreReportedWhereTheLayerIsCalled() {
    func message(_ body: (Value) -> Value) -> String {
      let builder = GraphBuilder("wrong")
      builder.output("y", body(builder.input("x", .f32, [2, 3, 5, 5])))
      do {
        _ = try builder.build()
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { $0.conv2d($0.slice(1, to: 2)) }.contains("channels differ"))
    #expect(message { $0.conv2d($0, groups: 2) }.contains("2 groups do not divide"))
    #expect(message { $0.conv1d($0) }.contains("1 spatial axes"))
    #expect(message { $0.maxPool2d(6) }.contains("does not fit an axis of 5"))
    #expect(message { $0.maxPool2d(0) }.contains("windows of 1 or more"))
    #expect(message { $0.groupNorm(groups: 2) }.contains("2 groups do not divide the channels"))
    #expect(message { $0.adaptiveAveragePool([0, 1]) }.contains("sizes of 1 or more"))
    #expect(message { $0.upsampleLinear(to: [3]) }.contains("1 spatial axes"))
    let here = message { $0.groupNorm(groups: 2) }
    #expect(here.hasPrefix(#fileID))
  }

  @Test func uNetKeepsTheShapeAndTakesTheTime() throws {
    let builder = GraphBuilder("unet")
    let x = builder.input("x", .f32, [2, 1, 6, 4])
    let network = UNet(builder, channels: 1, width: 8)
    let y = network.apply(x, time: builder.input("t", .f32, [2, 1]))
    builder.output("y", y)
    let graph = try builder.build()
    #expect(y.shape == x.shape)
    var interpreter = try Interpreter(graph)
    let image = Tensor([Float](repeating: 0.5, count: 48), shape: [2, 1, 6, 4])
    // The same image twice, at two times.
    let times = Tensor([0.1, 0.9] as [Float], shape: [2, 1])
    let values = try #require(interpreter.run(inputs: ["x": image, "t": times])["y"]?.values)
    #expect(values.prefix(24) != values.suffix(24))
  }

  @Test func uNetNeedsEvenSides() {
    let builder = GraphBuilder("unet")
    let x = builder.input("x", .f32, [1, 1, 7, 7])
    let time = builder.input("t", .f32, [1, 1])
    builder.output("y", UNet(builder, channels: 1, width: 8).apply(x, time: time))
    #expect(throws: BuildError.self) { try builder.build() }
  }
}

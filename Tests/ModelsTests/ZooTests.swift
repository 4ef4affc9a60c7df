import GraphIR
import Models
import Testing

@Suite struct ZooTests {
  /// The names and shapes that other frameworks' weights and the fixtures go by.
  @Test func parametersAreNamedAsInTheBenchmark() throws {
    for fixture in try FixtureGeneratorTests.fixtures().models {
      let graph = try fixture.forward()
      let parameters = graph.parameters.map(\.variable)
      #expect(parameters.map(\.key) == fixture.shapes.map(\.name))
      #expect(parameters.map(\.type.shape.dims) == fixture.shapes.map(\.shape))
      let inputs = graph.inputs.map { ($0.input.key, $0.input.type.shape.dims) }
      #expect(Dictionary(uniqueKeysWithValues: inputs) == fixture.batch)
    }
  }

  @Test(arguments: Zoo.models.map(\.name))
  func outputsAndInputsAreAsDescribed(_ name: String) throws {
    let model = try Zoo.named(name)
    let graph = try model.build(form: .benchmark)
    #expect(graph.outputs.map(\.name) == model.outputs)
    #expect(graph.name == name)
    for (description, (_, input)) in zip(model.inputs, graph.inputs) {
      let type = description.type.replacing("batch", with: "\(model.batch)")
      #expect(description.name == input.key)
      #expect(type == input.type.description)
    }
    #expect(graph.inputs.count == model.inputs.count)
    let loss = try #require(graph.output("loss"))
    #expect(graph[loss].type == TensorType(.f32, []))
  }

  /// Only inputs know the batch: every other node of two builds is the same.
  @Test(arguments: Zoo.models.map(\.name), [ZooForm.training, .benchmark])
  func onlyInputsDependOnTheBatch(_ name: String, _ form: ZooForm) throws {
    let model = try Zoo.named(name)
    let small = try model.build(batch: 3, form: form)
    let large = try model.build(batch: 17, form: form)
    #expect(small.nodes.count == large.nodes.count)
    for (a, b) in zip(small.nodes, large.nodes) where !(a.op is Input) {
      #expect(a.op.name == b.op.name)
      #expect(a.op.attributes == b.op.attributes, "\(a.op.name)")
    }
  }

  @Test func sizesShapeTheModel() throws {
    let probe = try Zoo.named("mlp-probe").build(
      batch: 2, sizes: ["features": 6, "hidden": 5, "classes": 3])
    #expect(probe.parameters.map(\.variable.type.shape.dims) == [[6, 5], [5], [5, 3], [3]])
  }

  @Test func hiddenLayersOfTheClassifier() throws {
    let classifier = try Zoo.named("classifier")
    let sizes = ["inputs": 9, "classes": 4, "hidden1": 6, "hidden2": 7, "hidden3": 5]
    let shapes = try classifier.build(batch: 2, sizes: sizes).parameters
      .map(\.variable.type.shape.dims).filter { $0.count == 2 }
    #expect(shapes == [[9, 6], [6, 7], [7, 5], [5, 4]])
    for sizes in [["hidden2": 6], ["hidden1": 3, "hidden3": 4], ["hidden": 6], ["hidden0": 6]] {
      #expect(throws: ZooError.self) { try classifier.build(sizes: sizes) }
    }
    #expect(throws: ZooError.size(model: "classifier", size: "hidden1", value: 0)) {
      try classifier.build(sizes: ["hidden1": 0])
    }
    #expect(throws: ZooError.self) { try Zoo.named("cnn").build(sizes: ["hidden1": 3]) }
  }

  @Test func mistakesSayWhatThereIs() throws {
    #expect(throws: ZooError.unknownModel("autoencodr", known: Zoo.models.map(\.name))) {
      try Zoo.named("autoencodr")
    }
    let unknown = ZooError.unknownModel("autoencodr", known: ["autoencoder", "vae"])
    #expect(
      unknown.description
        == "there is no model 'autoencodr', did you mean 'autoencoder'?; "
        + "there are autoencoder, vae")
    let vae = try Zoo.named("vae")
    let size = ZooError.unknownSize(model: "vae", size: "width", known: ["latent", "inputs"])
    #expect(throws: size) { try vae.build(sizes: ["width": 4]) }
    #expect(size.description == "model 'vae' has no size 'width'; it has latent, inputs")
    let none = ZooError.size(model: "vae", size: "latent", value: 0)
    #expect(throws: none) { try vae.build(sizes: ["latent": 0]) }
    #expect(none.description == "model 'vae': latent must be 1 or more, not 0")
    #expect(throws: ZooError.size(model: "vae", size: "batch", value: 0)) {
      try vae.build(batch: 0)
    }
    #expect(throws: BuildError.self) { try vae.build(sizes: ["latent": 1 << 50]) }
  }

  /// PyTorch's `nn.Linear`: weights and biases in +-1/sqrt(fanIn).
  @Test func trainingStartsAsPyTorchDoes() throws {
    let graph = try Zoo.named("classifier").build()
    let initializers = graph.parameters.map(\.variable.initializer)
    let first = Initializer.uniform(bound: 1.0 / 28)
    #expect(initializers[0] == first && initializers[1] == first)
    let benchmark = try Zoo.named("classifier").build(form: .benchmark)
    #expect(benchmark.parameters[0].variable.initializer == .normal(standardDeviation: 1.0 / 28))
    #expect(benchmark.parameters[1].variable.initializer == .zeros)
  }
}

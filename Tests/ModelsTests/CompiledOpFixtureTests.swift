import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Losses and activations, compiled, with their gradients, against PyTorch's.
@Suite struct CompiledOpFixtureTests {
  @Test(arguments: [
    "losses", "activations", "attention", "embedding", "convolutions", "pools", "norms",
    "enlargements",
  ])
  func valuesAndGradientsAreAsInPyTorch(_ group: String) throws {
    for fixture in try #require(try OpFixtureTests.fixtures()[group]) { try check(fixture) }
  }

  private func check(_ fixture: OpFixture) throws {
    let name = "\(fixture.op) \(fixture.attributes)"
    let builder = GraphBuilder("fixture")
    var tensors: [String: Tensor] = [:]
    let inputs = try fixture.inputs.enumerated().map { index, input in
      let dtype = try #require(DType(rawValue: input.dtype))
      let type = TensorType(dtype, Shape(input.shape))
      tensors["x\(index)"] = Tensor(type, doubles: input.values)
      return builder.input("x\(index)", type.dtype, type.shape)
    }
    let function = OpFixtureFunction(fixture: fixture)
    let result = try #require(function(inputs), "no function for \(name)")
    builder.output("y", result)
    let seed = try #require(fixture.cotangent)
    tensors["seed"] = Tensor(TensorType(.f32, Shape(seed.shape)), doubles: seed.values)
    let floats = inputs.indices.filter { inputs[$0].dtype.isFloat }
    let gradients = builder.gradients(
      of: result, withRespectTo: floats.map { inputs[$0] },
      seed: builder.input("seed", .f32, Shape(seed.shape)))
    for (index, gradient) in zip(floats, gradients) { builder.output("g\(index)", gradient) }

    let graph = try builder.build()
    let state = try ModelState(StateLayout([graph]))
    let executable = try Compilation.executable(graph, state: state, options: .init(threads: 1))
    let outputs = try executable.run(tensors)
    try compare(outputs["y"], fixture.output, name)
    for index in floats {
      let expected = try #require(fixture.gradients?[index], "\(name): no gradient \(index)")
      try compare(outputs["g\(index)"], expected, "\(name) gradient \(index)")
    }
  }

  /// In ulps of f32, with a floor where the terms of a sum cancel.
  private func compare(_ tensor: Tensor?, _ expected: OpFixture.Value, _ place: String) throws {
    let tensor = try #require(tensor)
    #expect(tensor.shape.dims == expected.shape, "\(place)")
    // A convolution adds up dozens of products of unit size.
    let worst = Comparison(tensor, expected.values, floor: place.hasPrefix("conv") ? 1e-5 : 1e-6)
    #expect(worst.ulps <= 16, "\(place): \(worst)")
  }
}

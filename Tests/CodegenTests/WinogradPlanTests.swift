import Codegen
import GraphIR
import TestSupport
import Testing

/// Convolutions of 3 x 3 that take fewer multiplications: which do, and that they and their
/// gradients are what the graph says.
@Suite struct WinogradPlanTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 2
    var channels = 24
    var filters = 24
    var height = 12
    var width = 12
    var padding = 1
    var groups = 1
    var stride = 1
    var size = 3
    var dtype = DType.f32
    /// How often each kernel should be called for, in the forward pass and its gradients.
    var results = 2
    var gradients = 1

    var testDescription: String {
      "\(dtype) \(batch) x \(channels) x \(height) x \(width), \(filters) filters of \(size) in "
        + "\(groups) groups, padding \(padding), stride \(stride)"
    }
  }

  static let cases: [Case] = [
    Case(),
    Case(dtype: .f64),
    // Odd images, and channels and filters that end within a vector.
    Case(batch: 3, channels: 33, filters: 47, height: 13, width: 9),
    Case(batch: 1, channels: 40, filters: 20, height: 7, width: 11, padding: 0),
    // Several blocks of channels and of filters.
    Case(batch: 1, channels: 130, filters: 90, height: 9, width: 8),
    Case(batch: 1, channels: 20, filters: 320, height: 9, width: 9, dtype: .f64),
    // Many images: the gradient is a sum of pieces.
    Case(batch: 24, channels: 17, filters: 19, height: 14, width: 14),
    Case(batch: 2, channels: 48, filters: 48, groups: 2),
    // Neither is quicker so.
    Case(channels: 1, results: 0, gradients: 0), Case(filters: 1, results: 0, gradients: 0),
    Case(height: 3, width: 3, padding: 0, results: 0, gradients: 0),
    // Nor are other kernels and steps.
    Case(stride: 2, results: 0, gradients: 0),
    Case(padding: 2, size: 5, results: 0, gradients: 0),
  ]

  @Test(arguments: cases) func convolutions(_ test: Case) throws {
    let builder = GraphBuilder("convolutions")
    // As between layers, where channels are the last axis in memory.
    let x = builder.input(
      "x", test.dtype, [test.batch, test.height, test.width, test.channels]
    ).transpose([0, 3, 1, 2])
    let w = builder.input(
      "w", test.dtype,
      [test.filters, test.channels / test.groups, test.size, test.size])
    let bias = builder.input("bias", test.dtype, [test.filters])
    let y = x.conv2d(
      w, bias: bias, stride: test.stride, padding: test.padding, groups: test.groups)
    let residual = builder.input(
      "residual", test.dtype, [test.batch, y.shape[2], y.shape[3], test.filters]
    ).transpose([0, 3, 1, 2])
    let loss = ((y.relu() + residual).squared()).mean()
    let gradients = builder.gradients(of: loss, withRespectTo: [x, w, bias])
    builder.output("y", y.relu().transpose([0, 2, 3, 1]))
    builder.output("loss", loss)
    for (place, gradient) in gradients.enumerated() { builder.output("g\(place)", gradient) }
    let graph = Pipeline.standard.run(try builder.build())
    let source = try CompiledRun(graph).program.source
    let suffix = test.dtype == .f32 ? "f32" : "f64"
    func calls(_ name: String) -> Int {
      source.split(separator: "\n").count { $0.contains("  dlc_\(name)_\(suffix)(") }
    }
    // Nobody writes the zeros that only these kernels read.
    #expect(test.padding != 1 || test.results == 0 || !source.contains("dlc_pad_"))
    #expect(calls("winograd") == test.results)
    #expect(calls("winograd_gradient") == test.gradients)
    try CompiledCheck.expect(graph, CompiledCheck.inputs(graph, seed: 5), test.testDescription)
  }

  /// Nothing to sum, no filters, no images.
  @Test(arguments: [(2, 0, 24), (2, 24, 0), (0, 24, 24)])
  func emptyConvolutions(_ batch: Int, _ channels: Int, _ filters: Int) throws {
    let builder = GraphBuilder("empty")
    let x = builder.input("x", .f32, [batch, 12, 12, channels])
    let w = builder.input("w", .f32, [1, filters, channels, 3, 3])
    let image = x.transpose([0, 3, 1, 2]).reshape([batch, 1, channels, 12, 12])
    let y = image.convolve(w, strides: [1, 1], dilations: [1, 1])
    let gradients = builder.gradients(of: y.sum(), withRespectTo: [x, w])
    builder.output("y", y)
    for (place, gradient) in gradients.enumerated() { builder.output("g\(place)", gradient) }
    let graph = Pipeline.standard.run(try builder.build())
    try CompiledCheck.expect(graph, CompiledCheck.inputs(graph, seed: 5), "empty")
  }
}

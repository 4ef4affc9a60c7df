import GraphIR
import ONNX
import TestSupport
import Testing

/// Imported operators against ONNX's own cases, and their gradients against finite differences.
struct OperatorTests {
  @Test(arguments: OperatorCase.all)
  func givesWhatONNXExpects(_ operatorCase: OperatorCase) throws {
    let (model, inputs, expected) = try operatorCase.imported()
    let results = try CompiledRun(model.graph).executable.run(inputs)
    for (output, reference) in zip(model.outputs, expected) {
      let result = try #require(results[output.name])
      #expect(result.type == reference.type, "\(output.name)")
      for (place, (value, wanted)) in zip(result.doubles, reference.doubles).enumerated() {
        let isClose = value == wanted || abs(value - wanted) <= 1e-7 + 1e-3 * abs(wanted)
        #expect(isClose, "\(output.name) at \(place): \(value), not \(wanted)")
      }
    }
  }

  @Test func findsTheCases() { #expect(OperatorCase.all.count >= 50) }

  /// Those whose results descend and rise smoothly where the case has them.
  static let smooth = [
    "affine_grid_2d", "attention_3d_transpose_verification", "averagepool_2d_ceil",
    "batchnorm_epsilon_training_mode", "causal_conv_with_state_silu", "col2im_pads",
    "conv_with_strides_and_asymmetric_padding", "convtranspose_dilations",
    "deform_conv_with_mask_bias", "det_nd", "dft_irfft", "flexattention_soft_cap",
    "gridsample_bicubic", "gridsample_reflection_padding", "group_normalization_epsilon",
    "gru_seq_length", "gru_with_initial_bias", "instancenorm_example", "l2normalization_axis_1",
    "layer_normalization_2d_axis1", "linear_attention_linear_t1_no_past", "logsoftmax_axis_1",
    "lppool_2d_dilations", "lstm_with_peepholes", "maxpool_with_argmax_2d_precomputed_strides",
    "mvn", "nllloss_NCd1_mean_weight_negative_ii", "resize_downsample_scales_cubic_antialias",
    "rms_normalization_2d_axis0", "rnn_seq_length", "roialign_aligned_true",
    "rotary_embedding_no_position_ids_interleaved", "sce_mean_weight_ii", "stft_with_window",
    "swiglu_alpha", "upsample_nearest",
  ]

  @Test(arguments: smooth)
  func hasTheGradientOfFiniteDifferences(_ name: String) throws {
    let (model, inputs, _) = try OperatorCase(name: name).imported()
    let builder = GraphBuilder(continuing: model.graph)
    let floats = model.graph.inputs.filter { $0.input.type.dtype.isFloat }
    // A sum in which every element of every output counts differently.
    var loss = builder.constant(0)
    for output in model.graph.outputs where model.graph[output.value].type.dtype.isFloat {
      let value = builder.value(output.value)
      let waves = Self.waves(value.shape.count, 0.7)
      let weights = builder.constant(Tensor(value.type, doubles: waves))
      loss = loss + (value * weights).sum()
    }
    let gradients = builder.gradients(
      of: loss, withRespectTo: floats.map { builder.value($0.id) })
    let interpreter = try Interpreter(try builder.build())
    // A little beside the case, whose round numbers are where interpolation has its kinks.
    let references = inputs.mapValues { tensor in
      let isFloat = tensor.dtype.isFloat
      let shifts = Self.waves(tensor.count, 0.9).map { isFloat ? 0.01 * $0 : 0 }
      return ReferenceTensor(tensor.type, zip(tensor.doubles, shifts).map { $0 + $1 })
    }

    let values = try interpreter.evaluate(references)
    var expected = 0.0
    for ((_, input), gradient) in zip(floats, gradients) {
      let direction = Self.waves(input.type.shape.count, 1.3)
      expected += zip(values[gradient.id.index].values, direction).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func moved(_ step: Double) throws -> Double {
      var moved = references
      for (_, input) in floats {
        let direction = Self.waves(input.type.shape.count, 1.3)
        guard let values = references[input.key]?.values else { continue }
        moved[input.key]?.values = zip(values, direction).map { $0 + step * $1 }
      }
      return try interpreter.evaluate(moved)[loss.id.index].values[0]
    }
    let step = 1e-5
    let slope = (try moved(step) - moved(-step)) / (2 * step)
    #expect(expected != 0)
    #expect(abs(slope - expected) <= 1e-5 * max(1, abs(slope)), "\(slope), not \(expected)")
  }

  private static func waves(_ count: Int, _ speed: Double) -> [Double] {
    (1..<count + 1).map { 0.5 + wave(speed * Double($0)) }
  }

  /// Between -1 and 1, never twice the same.
  private static func wave(_ x: Double) -> Double {
    let turn = x - x.rounded(.down)
    return 4 * turn * (1 - turn) - 0.5
  }
}

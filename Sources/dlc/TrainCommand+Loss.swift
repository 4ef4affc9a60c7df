import GraphIR

/// The losses that `--loss` puts in the place of a model's own.
enum TrainLoss: String, CaseIterable {
  case mse, mae, bce
  case crossEntropy = "cross-entropy"

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  static func named(_ name: String) throws -> TrainLoss {
    guard let loss = TrainLoss(rawValue: name) else {
      throw CommandError("unknown loss '\(name)'; there are \(names)")
    }
    return loss
  }

  /// The graph with this loss between what it predicts and the input `y`, or, where it has none,
  /// the input `x`.
  ///
  /// What it predicts is its output `logits`, `prediction` or `reconstruction`, or else its first.
  func replace(in graph: Graph) throws -> Graph {
    var forward = graph
    forward.outputs.removeAll { $0.name == "loss" }
    let named = ["logits", "prediction", "reconstruction"].lazy.compactMap(forward.output)
    guard let prediction = named.first ?? forward.outputs.first?.value else {
      throw CommandError("graph '\(graph.name)' has no output that a loss could compare")
    }
    let builder = GraphBuilder(continuing: forward)
    let output = builder.value(prediction)
    let inputs = graph.inputs
    guard let target = inputs.first(where: { $0.input.key == "y" }) ?? inputs.first else {
      throw CommandError("graph '\(graph.name)' has no input that a loss could compare")
    }
    let value = builder.value(target.id)
    let isLabel = !target.input.type.dtype.isFloat
    guard isLabel == (self == .crossEntropy) else {
      throw CommandError(
        "--loss \(rawValue) needs \(isLabel ? "numbers" : "class numbers"), but input "
          + "'\(target.input.key)' is \(target.input.type)")
    }
    guard isLabel || output.shape == value.shape else {
      throw CommandError(
        "--loss \(rawValue): the output is \(output.type), the target \(value.type)")
    }
    switch self {
    case .mse: builder.output("loss", output.meanSquaredError(value))
    case .mae: builder.output("loss", output.meanAbsoluteError(value))
    case .bce: builder.output("loss", output.binaryCrossEntropyWithLogits(value))
    case .crossEntropy: builder.output("loss", output.crossEntropy(labels: value))
    }
    return try builder.build()
  }
}

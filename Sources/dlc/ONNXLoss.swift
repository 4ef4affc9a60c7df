import GraphIR
import Runtime

/// The losses between an ONNX model's first output and the data's array `target`.
enum ONNXLoss: String, CaseIterable {
  case mse, mae, bce, none
  case crossEntropy = "cross-entropy"

  static let target = "target"

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  static func named(_ name: String) throws -> ONNXLoss {
    guard let loss = ONNXLoss(rawValue: name) else {
      throw CommandError("unknown loss '\(name)'; there are \(names)")
    }
    return loss
  }

  /// What the data have for `target`: the type of a batch of it, and their file.
  struct Target {
    let type: TensorType
    let file: String
  }

  /// A batch of so many rows of the data's array `target`, nil where there is none.
  static func target(in data: Dataset, rows: Int) -> Target? {
    guard let index = data.index(of: target) else { return nil }
    var type = data.arrays[index].tensor.type
    type.shape[0] = rows
    return Target(type: type, file: data.arrays[index].file)
  }

  /// The graph with the loss of its first output as output `loss`, and an input `target`; without
  /// data to see, class numbers for cross-entropy and else what has the output's type.
  ///
  /// Cross-entropy compares logits with class numbers, of the output's shape without its axis of
  /// classes (1), or with probabilities of its shape. Binary cross-entropy takes logits, or what a
  /// sigmoid made of them.
  func added(to graph: Graph, target given: Target?, source: String) throws -> Graph {
    var forward = graph
    guard let first = graph.outputs.first else {
      throw CommandError("\(source): the model has no output to train by")
    }
    forward.outputs.removeAll { $0.name == "loss" || $0.name == "correct" }
    let builder = GraphBuilder(continuing: forward)
    let output = builder.value(first.value)
    guard self != .none else {
      guard output.dtype.isFloat, output.shape.count == 1 else {
        throw CommandError(
          "\(source): --loss none takes the first output for the loss, but '\(first.name)' is "
            + "\(output.type)")
      }
      builder.output("loss", output.reshape([]))
      return try builder.build()
    }
    let target = try self.target(in: builder, output, given, source: source)
    switch self {
    case .mse: builder.output("loss", output.meanSquaredError(target))
    case .mae: builder.output("loss", output.meanAbsoluteError(target))
    case .bce:
      builder.output("loss", output.before("sigmoid").binaryCrossEntropyWithLogits(target))
    case .crossEntropy: try addCrossEntropy(builder, output, target, source: source)
    case .none: break
    }
    return try builder.build()
  }

  /// Sees to it that class numbers are classes of the model.
  func check(_ graph: Graph, _ data: Dataset) throws {
    guard self == .crossEntropy, let first = graph.outputs.first,
      let input = graph.inputs.first(where: { $0.input.key == ONNXLoss.target })?.input,
      !input.type.dtype.isFloat
    else { return }
    try data.requireLabels(in: ONNXLoss.target, below: graph[first.value].type.shape[1])
  }

  private func target(
    in builder: GraphBuilder, _ output: Value, _ given: Target?, source: String
  ) throws -> Value {
    var labels = output.shape.dims
    if labels.count > 1 { labels.remove(at: 1) }
    let usual =
      self == .crossEntropy
      ? TensorType(.i64, Shape(labels)) : TensorType(output.dtype, output.shape)
    let type = given?.type ?? usual
    var shape = type.shape
    let isLabels = self == .crossEntropy && shape.rank == output.shape.rank - 1
    if !isLabels, shape != output.shape, shape.count == output.shape.count {
      // [n] for [n, 1] and the like: the same numbers.
      shape = output.shape
    }
    guard isLabels || shape == output.shape else {
      throw CommandError(
        "\(source): --loss \(rawValue): the output is \(output.type), the target \(type)")
    }
    guard !isLabels || !type.dtype.isFloat else {
      throw CommandError(
        "\(given?.file ?? source): --loss cross-entropy needs class numbers or probabilities "
          + "of shape \(output.shape) in 'target', which is \(type)")
    }
    return builder.input(ONNXLoss.target, isLabels ? .i64 : output.dtype, shape)
  }

  private func addCrossEntropy(
    _ builder: GraphBuilder, _ output: Value, _ target: Value, source: String
  ) throws {
    guard output.shape.rank >= 2 else {
      throw CommandError(
        "\(source): --loss cross-entropy needs an output [rows, classes, ...], not \(output.type)")
    }
    // PyTorch's order: classes are axis 1.
    let rank = output.shape.rank
    let order = [0] + Array(2..<rank) + [1]
    let logits = output.transpose(order)
    guard target.dtype.isFloat else {
      builder.output("loss", logits.crossEntropy(labels: target))
      if rank == 2 {
        let isRight = logits.argmax(axis: 1) .== target
        builder.output("correct", isRight.cast(to: .f32).sum())
      }
      return
    }
    let chosen = target.transpose(order) * logits.logSoftmax()
    builder.output("loss", -chosen.sum(axes: [-1]).mean())
  }
}

extension Value {
  /// The operand, where this is that function of it: losses of logits are exact where those of
  /// probabilities have lost all digits.
  fileprivate func before(_ function: String) -> Value {
    let node = builder.graph[id]
    return node.op.name == function ? builder.value(node.operands[0]) : self
  }
}

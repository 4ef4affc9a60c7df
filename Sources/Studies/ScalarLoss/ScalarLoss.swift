import GraphIR
import Models
import Runtime

extension Study {
  static let scalarLoss = Study(
    name: "scalar-loss", title: "Why must the loss be a scalar?",
    claim: """
      Reverse mode needs a scalar loss: one backward pass then gives every derivative, where a \
      function of many outputs would need a pass for each.
      """
  ) { context in
    let refusals = ScalarLoss.refusals()
    let agreements = try ScalarLoss.agreements(context)
    let costs = try ScalarLoss.costs(context)
    let ratios = try ScalarLoss.gradientCosts(context)
    try ScalarLoss.describe(refusals, agreements, costs, ratios, in: &context.report)
    context.report.judge(ScalarLoss.judge(refusals, seedError: Spread(agreements.map(\.seed))))
    context.report.judge(ScalarLoss.judge(jacobianError: Spread(agreements.map(\.jacobian))))
    for judgement in ScalarLoss.judge(costs) { context.report.judge(judgement) }
    context.report.judge(ScalarLoss.judge(gradientCosts: ratios))
  }
}

/// What a loss that is no scalar does to reverse mode.
public enum ScalarLoss {
  /// What became of a gradient that was asked for.
  public struct Refusal: Hashable, Sendable {
    let what: String
    let isScalar: Bool
    /// Why there is none; nil where there is one.
    let message: String?

    public init(_ what: String, isScalar: Bool, message: String?) {
      (self.what, self.isScalar, self.message) = (what, isScalar, message)
    }
  }

  /// Asks for gradients of losses of several shapes.
  static func refusals() -> [Refusal] {
    [
      refusal("the mean over all elements") { $0.mean() },
      refusal("the sum over all elements") { $0.sum() },
      refusal("one loss for each row") { $0.mean(axes: [1]) },
      refusal("one loss for each element") { $0 },
      refusal("a single loss in a vector") { $0.mean().reshape([1]) },
    ]
  }

  private static func refusal(_ what: String, _ reduced: (Value) -> Value) -> Refusal {
    let builder = GraphBuilder("loss")
    let x = builder.input("x", .f32, [16, 3])
    let y = builder.input("y", .f32, [16, 2])
    let layer = Linear(builder, "l0", inputs: 3, outputs: 2)
    let loss = reduced((layer(x) - y).squared()).named("loss")
    _ = builder.gradients(of: loss, withRespectTo: [layer.weight])
    return Refusal(
      what, isScalar: loss.shape == .scalar, message: builder.failure.map { "\($0)" })
  }
}

/// A classifier of images, 784-64-10 with tanh for digits, in the float type of its input.
struct SmoothClassifier {
  let pixels: Int
  static let hidden = 64
  static let classes = 10

  func logits(_ x: Value) -> Value {
    let hidden = linear("l0", x, outputs: SmoothClassifier.hidden).tanh()
    return linear("l1", hidden, outputs: SmoothClassifier.classes)
  }

  /// The weights stay f32, so that graphs of either type share them.
  private func linear(_ name: String, _ x: Value, outputs: Int) -> Value {
    let layer = Linear(x.builder, name, inputs: x.shape[1], outputs: outputs)
    let product = matmul(x, layer.weight.cast(to: x.dtype))
    return layer.bias.map { product + $0.cast(to: x.dtype) } ?? product
  }

  func trainer(_ context: StudyContext, _ data: Dataset, seed: Int) throws -> Trainer {
    try context.train(
      "classifier", on: data, batch: 100, length: .epochs(context.epochs(5, quick: 1)), seed: seed
    ) { rows in
      let builder = GraphBuilder("classifier")
      return try classify(builder, logits(builder.input("x", .f32, [rows, pixels])))
    }
  }
}

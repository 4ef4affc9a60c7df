import GraphIR

extension ZooModel {
  static let classifier = ZooModel(
    name: "classifier",
    summary: "784-width-width-10, or other hidden layers, with ReLU, softmax cross-entropy",
    batch: 128, epochs: 10,
    sizes: [
      Size(name: "width", value: 512, summary: "units of each hidden layer"),
      Size(name: "inputs", value: 784, summary: "pixels of an image"), .classes,
    ],
    numbered: "hidden",
    inputs: [Input(name: "x", type: "f32[batch, 784]", summary: "pixels in 0...1"), .labels],
    outputs: outputsOfClassifier
  ) { plan throws(BuildError) in
    let (width, hidden) = (plan["width"], plan.numbered("hidden"))
    return try classify(
      plan, features: "inputs", hidden: hidden.isEmpty ? [width, width] : hidden)
  }

  /// What can be read off frozen features by a hyperplane a class (Alain and Bengio 2016).
  static let linearProbe = ZooModel(
    name: "linear-probe", summary: "one linear layer on frozen features, softmax cross-entropy",
    batch: 128, epochs: 10, sizes: [.features, .classes],
    inputs: [Input(name: "x", type: "f32[batch, 128]", summary: "features"), .labels],
    outputs: outputsOfClassifier
  ) { plan throws(BuildError) in try classify(plan, features: "features", hidden: []) }

  static let mlpProbe = ZooModel(
    name: "mlp-probe",
    summary: "features-hidden-classes with ReLU on frozen features, softmax cross-entropy",
    batch: 128, epochs: 10,
    sizes: [
      .features, .classes, Size(name: "hidden", value: 128, summary: "units of the hidden layer"),
    ],
    inputs: [Input(name: "x", type: "f32[batch, 128]", summary: "features"), .labels],
    outputs: outputsOfClassifier
  ) { plan throws(BuildError) in
    try classify(plan, features: "features", hidden: [plan["hidden"]])
  }

  private static let outputsOfClassifier = ["loss", "logits", "correct"]

  /// `features` names the size that is the width of x.
  private static func classify(
    _ plan: ZooPlan, features: String, hidden: [Int]
  ) throws(BuildError) -> Graph {
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, [plan.batch, plan[features]])
    let y = builder.input("y", .i64, [plan.batch])
    let network = MLP(
      builder, [plan[features]] + hidden + [plan["classes"]],
      initialization: plan.form.initialization)

    let logits = network(x)
    let isCorrect = logits.argmax(axis: -1) .== y
    builder.output("loss", logits.crossEntropy(labels: y))
    builder.output("logits", logits)
    // A count, not a share: counts of batches of different sizes add up.
    builder.output("correct", isCorrect.cast(to: .f32).sum())
    return try builder.build()
  }
}

extension ZooModel.Size {
  fileprivate static let classes = Self(
    name: "classes", value: 10, summary: "classes to tell apart")
  fileprivate static let features = Self(
    name: "features", value: 128, summary: "features of a row")
}

extension ZooModel.Input {
  fileprivate static let labels = Self(
    name: "y", type: "i64[batch]", summary: "the class of each row, from 0")
}

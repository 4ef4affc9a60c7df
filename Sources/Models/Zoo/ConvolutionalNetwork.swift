import GraphIR

extension ZooModel {
  /// LeCun et al. 1998, as it is taught today.
  static let cnn = ZooModel(
    name: "cnn",
    summary: "two 3x3 convolutions, a maximum over 2x2, two linear layers, softmax cross-entropy",
    batch: 64, epochs: 6,
    sizes: [
      Size(
        name: "width", value: 32, summary: "filters of the first convolution; the second has twice"),
      Size(name: "inputs", value: 784, summary: "pixels of a square image, grey or RGB"),
      Size(name: "classes", value: 10, summary: "classes to tell apart"),
    ],
    inputs: [
      Input(name: "x", type: "f32[batch, 1, 28, 28]", summary: "pixels in 0...1"),
      Input(name: "y", type: "i64[batch]", summary: "the class of each row, from 0"),
    ],
    outputs: ["loss", "logits", "correct"]
  ) { plan throws(BuildError) in
    let image = try ImageShape(plan, "with a side of 6 or more, even") { $0 >= 6 && $0 % 2 == 0 }
    let (width, hidden, half) = (plan["width"], 128, (image.side - 4) / 2)
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, [plan.batch, image.channels, image.side, image.side])
    let y = builder.input("y", .i64, [plan.batch])
    let how = plan.form.initialization
    let first = Conv2d(
      builder, "c0", channels: image.channels, filters: width, initialization: how)
    let second = Conv2d(builder, "c1", channels: width, filters: 2 * width, initialization: how)
    let classifier = MLP(
      builder, [2 * width * half * half, hidden, plan["classes"]], initialization: how)

    let h = second(first(x).relu()).relu().maxPool2d(2)
    let logits = classifier(h.flatten())
    let isCorrect = logits.argmax(axis: -1) .== y
    builder.output("loss", logits.crossEntropy(labels: y))
    builder.output("logits", logits)
    builder.output("correct", isCorrect.cast(to: .f32).sum())
    return try builder.build()
  }
}

import GraphIR

extension ZooModel {
  /// Five layers, small: what a step costs besides arithmetic shows.
  static let regression = ZooModel(
    name: "regression",
    summary: "inputs-width-width-width-width-1 with ReLU, mean squared error",
    batch: 64, epochs: 20,
    sizes: [
      Size(name: "inputs", value: 16, summary: "features of a row"),
      Size(name: "width", value: 64, summary: "units of each hidden layer"),
    ],
    inputs: [
      Input(name: "x", type: "f32[batch, 16]", summary: "features"),
      Input(name: "y", type: "f32[batch, 1]", summary: "targets"),
    ],
    outputs: ["loss", "prediction"]
  ) { plan throws(BuildError) in
    let width = plan["width"]
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, [plan.batch, plan["inputs"]])
    let y = builder.input("y", .f32, [plan.batch, 1])
    let network = MLP(
      builder, [plan["inputs"], width, width, width, width, 1],
      initialization: plan.form.initialization)

    let prediction = network(x)
    builder.output("loss", prediction.meanSquaredError(y))
    builder.output("prediction", prediction)
    return try builder.build()
  }
}

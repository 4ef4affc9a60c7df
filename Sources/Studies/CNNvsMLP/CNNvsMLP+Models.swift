import GraphIR
import Models

extension CNNvsMLP {
  /// One hidden layer with ReLU; none where `hidden` is 0, which is softmax regression.
  static func mlp(rows: Int, side: Int, hidden: Int) throws -> Graph {
    let hidden = hidden > 0 ? [hidden] : []
    return try mlpClassifier(rows: rows, inputs: side * side, hidden: hidden, classes: 10)
  }

  /// Two 3x3 convolutions, each with ReLU and a maximum over 2x2, and a linear layer.
  static func cnn(rows: Int, side: Int, width: Int) throws -> Graph {
    let builder = GraphBuilder("cnn")
    let x = builder.input("x", .f32, [rows, 1, side, side])
    let first = Conv2d(builder, "c0", channels: 1, filters: width, padding: 1)
    let second = Conv2d(builder, "c1", channels: width, filters: 2 * width, padding: 1)
    let features = 2 * width * (side / 4) * (side / 4)
    let head = Linear(builder, "head", inputs: features, outputs: 10)
    let h = first(x).relu().maxPool2d(2)
    return try classify(builder, head(second(h).relu().maxPool2d(2).flatten()))
  }

  /// The same without what is not linear: no ReLU, and means instead of maxima.
  static func linearCNN(rows: Int, side: Int, width: Int) throws -> Graph {
    let builder = GraphBuilder("linear-cnn")
    let x = builder.input("x", .f32, [rows, 1, side, side])
    let first = Conv2d(builder, "c0", channels: 1, filters: width, padding: 1)
    let second = Conv2d(builder, "c1", channels: width, filters: 2 * width, padding: 1)
    let features = 2 * width * (side / 4) * (side / 4)
    let head = Linear(builder, "head", inputs: features, outputs: 10)
    let h = first(x).averagePool2d(2)
    return try classify(builder, head(second(h).averagePool2d(2).flatten()))
  }

  /// The units of a hidden layer that make an MLP of so many parameters, or just above.
  static func hidden(side: Int, parameters: Int) -> Int {
    let perUnit = side * side + 1 + 10
    return max(1, (parameters - 10 + perUnit - 1) / perUnit)
  }

  /// How many numbers training finds.
  static func parameters(of graph: Graph) -> Int {
    graph.variables.filter { $0.variable.role == .parameter }
      .reduce(0) { $0 + $1.variable.type.shape.count }
  }
}

import GraphIR
import Models

extension InductiveBias {
  /// What is known about images before training: nothing; that neighbours belong together,
  /// whatever the place; and that the place says nothing at all.
  public enum Network: String, CaseIterable, Sendable {
    case mlp = "MLP"
    case cnn = "CNN"
    case pooled = "CNN, global pooling"

    func graph(rows: Int, side: Int) throws -> Graph {
      switch self {
      case .mlp: try InductiveBias.mlp(rows: rows, side: side)
      case .cnn: try InductiveBias.cnn(rows: rows, side: side, isPooled: false)
      case .pooled: try InductiveBias.cnn(rows: rows, side: side, isPooled: true)
      }
    }
  }

  static func mlp(rows: Int, side: Int) throws -> Graph {
    try mlpClassifier(rows: rows, inputs: side * side, hidden: [128], classes: 10)
  }

  /// Three convolutions, then a linear layer on all places, or on each filter's maximum.
  static func cnn(rows: Int, side: Int, isPooled: Bool, width: Int = 8) throws -> Graph {
    let builder = GraphBuilder("cnn")
    let x = builder.input("x", .f32, [rows, 1, side, side])
    let first = Conv2d(builder, "c0", channels: 1, filters: width, padding: 1)
    let second = Conv2d(builder, "c1", channels: width, filters: 2 * width, padding: 1)
    let third = Conv2d(builder, "c2", channels: 2 * width, filters: 4 * width, padding: 1)
    let places = isPooled ? 1 : (side / 4) * (side / 4)
    let head = Linear(builder, "head", inputs: 4 * width * places, outputs: 10)
    let h = second(first(x).relu().maxPool2d(2)).relu().maxPool2d(2)
    let features = third(h).relu()
    return try classify(builder, head(isPooled ? features.globalMaxPool() : features.flatten()))
  }
}

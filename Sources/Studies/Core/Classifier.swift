import GraphIR
import Models

/// Adds what training and testing a classifier need: outputs `loss`, `logits` and `correct`, for
/// an input `y`, i64 [rows], with the classes.
func classify(_ builder: GraphBuilder, _ logits: Value) throws -> Graph {
  let y = builder.input("y", .i64, [logits.shape[0]])
  let isCorrect = logits.argmax(axis: -1) .== y
  builder.output("loss", logits.crossEntropy(labels: y))
  builder.output("logits", logits)
  builder.output("correct", isCorrect.cast(to: .f32).sum())
  return try builder.build()
}

/// A classifier of rows of numbers: linear without hidden layers, else an MLP with ReLU.
func mlpClassifier(rows: Int, inputs: Int, hidden: [Int], classes: Int) throws -> Graph {
  let builder = GraphBuilder("mlp")
  let x = builder.input("x", .f32, [rows, inputs])
  return try classify(builder, MLP(builder, [inputs] + hidden + [classes])(x))
}

import GraphIR
import Models

/// A way to compute attention.
enum AttentionForm: String, CaseIterable {
  case stored = "softmax, matrix stored"
  case blocks = "softmax, in blocks"
  case linear
  /// Shen et al. 2021, whose keys go through a softmax too.
  case efficient = "linear, keys normalized"

  /// q, k and v are [rows, tokens, features].
  func apply(_ q: Value, _ k: Value, _ v: Value) -> Value {
    let scale = 1 / Double(q.shape[2]).squareRoot()
    switch self {
    case .stored: return (q * scale).matmul(k, transposeB: true).softmax().matmul(v)
    case .blocks:
      let (q, k, v) = (q.expandDims(2), k.expandDims(2), v.expandDims(2))
      return q.dotProductAttention(k, v).squeeze(2)
    case .linear: return (q * scale).softmax().matmul(k.matmul(v, transposeA: true))
    case .efficient:
      let (q, k, v) = ((q * scale).expandDims(2), k.expandDims(2), v.expandDims(2))
      return q.efficientAttention(k, v).squeeze(2)
    }
  }

  /// The function alone, of inputs q, k and v, [tokens, features] each, to the output y; with
  /// `isTraining` also the gradients of all three for a gradient g of y.
  func graph(tokens: Int, features: Int, isTraining: Bool) throws -> Graph {
    let builder = GraphBuilder("attention")
    let inputs = ["q", "k", "v"].map { builder.input($0, .f32, [1, tokens, features]) }
    let y = apply(inputs[0], inputs[1], inputs[2])
    builder.output("y", y)
    if isTraining {
      let g = builder.input("g", .f32, [1, tokens, features])
      let gradients = builder.gradients(of: y, withRespectTo: inputs, seed: g)
      for (name, gradient) in zip(["dq", "dk", "dv"], gradients) { builder.output(name, gradient) }
    }
    return try builder.build()
  }

  /// Finds the values that belong to keys: one layer of attention of the queries to the pairs.
  ///
  /// Inputs keys and values, i64 [rows, pairs], query and y, i64 [rows, queries].
  func lookup(rows: Int, task: LookupTask) throws -> Graph {
    let builder = GraphBuilder("lookup")
    let keys = builder.input("keys", .i64, [rows, task.pairs])
    let values = builder.input("values", .i64, [rows, task.pairs])
    let query = builder.input("query", .i64, [rows, task.queries])
    let y = builder.input("y", .i64, [rows, task.queries])
    let width = task.features
    let keyTable = Embedding(builder, "keys", tokens: LookupTask.keys, features: width)
    let valueTable = Embedding(builder, "values", tokens: LookupTask.values, features: width)
    let layers = ["q", "k", "v"].map { Linear(builder, $0, inputs: width, outputs: width) }
    // The sums of the linear form grow with the pairs; a norm suits all forms.
    let norm = LayerNorm(builder, "norm", features: width)
    let head = Linear(builder, "head", inputs: width, outputs: LookupTask.values)

    let (q, k, v) = (
      layers[0](keyTable(query)), layers[1](keyTable(keys)), layers[2](valueTable(values))
    )
    let logits = head(norm(apply(q, k, v)))
    let isCorrect = (logits.argmax(axis: -1) .== y).cast(to: .f32)
    builder.output("loss", logits.crossEntropy(labels: y))
    builder.output("correct", isCorrect.mean(axes: [1]).sum())
    return try builder.build()
  }
}

import GraphIR

extension ZooModel {
  static let attention = ZooModel(
    name: "attention",
    summary: "one layer of softmax attention with projections, mean squared error",
    batch: 4, epochs: 10,
    sizes: [
      .tokens(512), .dim(256), .heads,
    ],
    inputs: [
      Input(name: "x", type: "f32[batch, 512, 256]", summary: "a vector for each token"),
      Input(name: "y", type: "f32[batch, 512, 256]", summary: "targets"),
    ],
    outputs: ["loss", "prediction"]
  ) { plan throws(BuildError) in
    let shape: Shape = [plan.batch, plan["tokens"], plan["dim"]]
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .f32, shape)
    let y = builder.input("y", .f32, shape)
    let layer = MultiHeadAttention(
      builder, features: plan["dim"], heads: plan["heads"],
      initialization: plan.form.initialization)

    let prediction = layer(x)
    builder.output("loss", prediction.meanSquaredError(y))
    builder.output("prediction", prediction)
    return try builder.build()
  }

  /// Vaswani et al. 2017, the decoder alone, with the norms before the layers as in Radford et al.
  /// 2019: predicts each token's successor.
  static let transformer = ZooModel(
    name: "transformer",
    summary: "pre-norm decoder, causal, GELU, learned positions, softmax cross-entropy",
    batch: 8, epochs: 10,
    sizes: [
      .tokens(128), .dim(256), .heads,
      Size(name: "layers", value: 4, summary: "blocks of attention and MLP"),
      Size(name: "vocab", value: 4096, summary: "tokens there are"),
    ],
    inputs: [
      Input(name: "x", type: "i64[batch, 128]", summary: "tokens"),
      Input(name: "y", type: "i64[batch, 128]", summary: "the token after each"),
    ],
    outputs: ["loss", "logits", "correct"]
  ) { plan throws(BuildError) in
    let (tokens, dim, vocab) = (plan["tokens"], plan["dim"], plan["vocab"])
    let builder = GraphBuilder(plan.name)
    let x = builder.input("x", .i64, [plan.batch, tokens])
    let y = builder.input("y", .i64, [plan.batch, tokens])
    let small = Initializer.normal(standardDeviation: 0.02)
    let embedding = Embedding(builder, "emb", tokens: vocab, features: dim, initializer: small)
    let positions = builder.variable("pos", .f32, [tokens, dim], initializer: small)
    let blocks = (0..<plan["layers"]).map { TransformerBlock(builder, plan, number: $0) }
    let norm = LayerNorm(builder, "nf", features: dim)
    let head = Linear(
      builder, "head", inputs: dim, outputs: vocab, initialization: plan.form.initialization)

    let h = blocks.reduce(embedding(x) + positions) { $1.apply($0) }
    let logits = head(norm(h))
    let isCorrect = logits.argmax(axis: -1) .== y
    builder.output("loss", logits.crossEntropy(labels: y))
    builder.output("logits", logits)
    builder.output("correct", isCorrect.cast(to: .f32).sum())
    return try builder.build()
  }
}

/// x + attention(norm(x)), then the same with an MLP four times as wide.
private struct TransformerBlock: Layer {
  let norms: [LayerNorm]
  let attention: MultiHeadAttention
  let up: Linear
  let down: Linear

  init(_ builder: GraphBuilder, _ plan: ZooPlan, number: Int) {
    let dim = plan["dim"]
    norms = ["a", "b"].map { LayerNorm(builder, "n\(number)\($0)", features: dim) }
    attention = MultiHeadAttention(
      builder, suffix: "\(number)", features: dim, heads: plan["heads"], isCausal: true,
      initialization: plan.form.initialization)
    up = Linear(
      builder, "u\(number)", inputs: dim, outputs: 4 * dim,
      initialization: plan.form.initialization)
    down = Linear(
      builder, "v_\(number)", inputs: 4 * dim, outputs: dim,
      initialization: plan.form.initialization)
  }

  func apply(_ x: Value) -> Value {
    let attended = x + attention(norms[0](x))
    return attended + down(up(norms[1](attended)).gelu(approximate: true))
  }
}

extension ZooModel.Size {
  fileprivate static let heads = Self(name: "heads", value: 4, summary: "attention heads")

  fileprivate static func tokens(_ count: Int) -> Self {
    Self(name: "tokens", value: count, summary: "tokens of a sequence")
  }

  fileprivate static func dim(_ count: Int) -> Self {
    Self(name: "dim", value: count, summary: "width of a token's vector")
  }
}

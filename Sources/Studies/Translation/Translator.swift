import Codegen
import GraphIR
import Models
import Runtime

/// Vaswani et al. 2017 in small: an encoder, and a decoder whose attention to the encoded words has
/// one head, so that there is one map to look at.
struct Translator {
  let english: Int
  let french: Int
  /// Numbers of words a sentence is filled up to; the French one counts start and end.
  let englishLength: Int
  let frenchLength: Int
  var features = 64
  var heads = 4

  /// Inputs en, i64 [rows, englishLength], and fr, i64 [rows, frenchLength]. Outputs `loss`, and,
  /// of en alone, `translation` and `attention`.
  func graph(rows: Int) throws -> Graph {
    let builder = GraphBuilder("translator")
    let en = builder.input("en", .i64, [rows, englishLength])
    let fr = builder.input("fr", .i64, [rows, frenchLength])
    let encoder = Encoder(builder, self)
    let decoder = Decoder(builder, self)
    let head = Linear(builder, "head", inputs: features, outputs: french)

    let isWord = en .!= builder.constant(Double(Vocabulary.padding), .i64)
    let memory = encoder(en, isWord)
    // Each word is predicted from the right ones before it.
    let hidden = decoder(fr.slice(1, to: -1), memory, isWord).hidden
    builder.output(
      "loss",
      head(hidden).crossEntropy(labels: fr.slice(1, from: 1), ignoring: Vocabulary.padding))

    // Greedy decoding: each word is the likeliest after those chosen before.
    var chosen = builder.constant(Double(Vocabulary.start), .i64).broadcast(to: [rows, 1])
    for _ in 1..<frenchLength {
      let last = decoder(chosen, memory, isWord).hidden.slice(1, from: -1)
      chosen = concat([chosen, head(last).argmax(axis: -1)], axis: 1)
    }
    builder.output("translation", chosen)
    builder.output("attention", decoder(chosen.slice(1, to: -1), memory, isWord).weights)
    return try builder.build()
  }
}

/// Embedding and positions, then one block of self-attention and MLP, with the norms before.
struct Encoder {
  let words: Embedding
  let positions: Value
  let attention: MultiHeadAttention
  let norms: [LayerNorm]
  let mlp: MLP

  init(_ builder: GraphBuilder, _ sizes: Translator) {
    let features = sizes.features
    words = Embedding(builder, "encoder.words", tokens: sizes.english, features: features)
    positions = builder.sinusoidalPositions(tokens: sizes.englishLength, features: features)
    attention = MultiHeadAttention(
      builder, suffix: ".encoder", features: features, heads: sizes.heads)
    norms = (0..<3).map { LayerNorm(builder, "encoder.norm\($0)", features: features) }
    mlp = builder.scope("encoder") { MLP(builder, [features, 4 * features, features]) }
  }

  func callAsFunction(_ en: Value, _ isWord: Value) -> Value {
    var h = words(en) + positions
    let x = norms[0](h)
    // One mask for all heads and queries.
    h = h + attention.attend(x, to: x, mask: isWord.expandDims(1).expandDims(1))
    h = h + mlp(norms[1](h))
    return norms[2](h)
  }
}

/// Causal self-attention, attention to the encoder's result, MLP.
struct Decoder {
  let words: Embedding
  let positions: Value
  let attention: MultiHeadAttention
  let query, key, value, output: Linear
  let norms: [LayerNorm]
  let mlp: MLP

  init(_ builder: GraphBuilder, _ sizes: Translator) {
    let features = sizes.features
    words = Embedding(builder, "decoder.words", tokens: sizes.french, features: features)
    positions = builder.sinusoidalPositions(tokens: sizes.frenchLength, features: features)
    attention = MultiHeadAttention(
      builder, suffix: ".decoder", features: features, heads: sizes.heads, isCausal: true)
    let layers = ["q", "k", "v", "o"].map { name in
      Linear(builder, "\(name).cross", inputs: features, outputs: features)
    }
    (query, key, value, output) = (layers[0], layers[1], layers[2], layers[3])
    norms = (0..<4).map { LayerNorm(builder, "decoder.norm\($0)", features: features) }
    mlp = builder.scope("decoder") { MLP(builder, [features, 4 * features, features]) }
  }

  /// `weights` is the attention map, [rows, French words, English words].
  func callAsFunction(
    _ fr: Value, _ memory: Value, _ isWord: Value
  ) -> (hidden: Value, weights: Value) {
    var h = words(fr) + positions.slice(0, to: fr.shape[1])
    h = h + attention(norms[0](h))
    let weights = attentionMap(query(norms[1](h)), key(memory), isWord)
    h = h + output(weights.matmul(value(memory)))
    h = h + mlp(norms[2](h))
    return (norms[3](h), weights)
  }
}

/// softmax(q k^T / sqrt features) over the words, [rows, queries, words]: the weights that
/// `dotProductAttention` computes too, and does not show.
func attentionMap(_ q: Value, _ k: Value, _ isWord: Value) -> Value {
  let scores = q.matmul(k, transposeB: true) / Double(q.shape[2]).squareRoot()
  return isWord.expandDims(1).select(scores, scores.constant(-.infinity)).softmax()
}

extension Translator {
  /// The C of the map and what it makes of the values, alone and for one sentence.
  func attentionSource() throws -> String {
    let builder = GraphBuilder("cross_attention")
    let q = builder.input("q", .f32, [1, frenchLength - 1, features])
    let k = builder.input("k", .f32, [1, englishLength, features])
    let v = builder.input("v", .f32, [1, englishLength, features])
    let weights = attentionMap(q, k, builder.input("isWord", .bool, [1, englishLength]))
    builder.output("attention", weights)
    builder.output("context", weights.matmul(v))
    let graph = try builder.build()
    return Compilation(graph, state: StateLayout([graph])).program.source
  }
}

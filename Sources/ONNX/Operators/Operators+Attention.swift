import GraphIR

// Attention of heads [batch, heads, tokens, features]; operands with three axes have their heads
// side by side in the last.

extension OperatorTable {
  static let attentionOperators: [Operator] = [
    Operator(
      "Attention",
      [
        "is_causal", "kv_num_heads", "left_window_size", "q_num_heads", "qk_matmul_output_mode",
        "right_window_size", "scale", "softcap", "softmax_precision",
      ], build: attention),
    Operator(
      "FlexAttention", ["prob_mod", "scale", "score_mod", "softmax_precision"],
      domain: "ai.onnx.preview", tensor: flexAttention),
    Operator(
      "RotaryEmbedding", ["interleaved", "num_heads", "rotary_embedding_dim"], tensor: rotary),
    Operator(
      "LinearAttention", ["chunk_size", "kv_num_heads", "q_num_heads", "scale", "update_rule"],
      build: linearAttention),
  ]

  private static func attention(_ node: OperatorContext) throws -> [ImportedValue] {
    let isFlat = try node.value(0).shape.rank == 3
    let heads = try AttentionHeads(node)
    var (k, v) = (heads.k, heads.v)
    if let past = try node.optionalValue(4) { k = concat([past, k], axis: 2) }
    if let past = try node.optionalValue(5) { v = concat([past, v], axis: 2) }
    let (presentKey, presentValue) = (k, v)
    let groups = heads.q.shape[1] / max(1, k.shape[1])
    (k, v) = (k.repeatedHeads(groups), v.repeatedHeads(groups))
    let q = heads.q
    let scale = node.float("scale") ?? 1 / Double(max(1, q.shape[3])).squareRoot()
    let softcap = node.float("softcap", default: 0)
    let mask = try AttentionMask(node, q: q, k: k)
    let result: Value
    var scores: Value?
    let type = try node.tensor(0).elementType
    if softcap == 0, !node.hasOutput(3), type != .bfloat16 {
      result = q.swapAxes(1, 2).dotProductAttention(
        k.swapAxes(1, 2), v.swapAxes(1, 2), mask: mask.combined, isCausal: mask.isPlainCausal,
        scale: scale
      ).swapAxes(1, 2)
    } else {
      let root = q.constant(scale.squareRoot()).narrowed(to: type)
      let (left, right) = ((q * root).narrowed(to: type), (k * root).narrowed(to: type))
      let plain = left.matmul(right, transposeB: true).narrowed(to: type)
      let capped = softcap > 0 ? (plain / softcap).tanh() * softcap : plain
      let masked = mask.applied(to: capped.narrowed(to: type)).narrowed(to: type)
      let shares = masked.maskedSoftmax(type)
      result = shares.matmul(v)
      let stages = [plain, capped, masked]
      scores = stages[safe: node.int("qk_matmul_output_mode", default: 0)] ?? shares
    }
    let output =
      isFlat
      ? result.swapAxes(1, 2).reshape([q.shape[0], q.shape[2], q.shape[1] * v.shape[3]]) : result
    var results = [ImportedValue.tensor(try node.like(0, output))]
    results.append(.tensor(try node.like(1, presentKey)))
    results.append(.tensor(try node.like(2, presentValue)))
    if let scores { results.append(.tensor(try node.like(0, scores))) }
    return results
  }

  /// Scores and probabilities pass through graphs of the model's own.
  private static func flexAttention(_ node: OperatorContext) throws -> ImportedTensor {
    let (q, keys, values) = (try node.value(0), try node.value(1), try node.value(2))
    guard [q, keys, values].allSatisfy({ $0.shape.rank == 4 }), keys.shape[1] > 0,
      q.shape[1] % keys.shape[1] == 0
    else { throw node.wrong("needs [batch, heads, tokens, features]") }
    let type = try node.tensor(0).elementType
    let computed: ONNXElementType =
      try node.int("softmax_precision").map { try elementType($0, node) }
      ?? (type == .double ? .double : .float)
    let groups = q.shape[1] / keys.shape[1]
    let (k, v) = (keys.repeatedHeads(groups), values.repeatedHeads(groups))
    let scale = node.float("scale") ?? 1 / Double(max(1, q.shape[3])).squareRoot()
    func modified(_ name: String, _ value: Value) throws -> Value {
      guard node.attribute(name) != nil else { return value }
      let input = ImportedValue(value.cast(to: computed.storage), computed)
      let outputs = try node.importer.outputs(of: node.graph(name), inputs: [input], in: node)
      guard outputs.count == 1, case .tensor(let result) = outputs[0].unwrapped,
        result.shape == value.shape
      else { throw node.wrong("'\(name)' must give one tensor \(value.shape)") }
      return result.value
    }
    let scores = try modified("score_mod", q.matmul(k, transposeB: true) * scale)
    let shares = try modified("prob_mod", scores.maskedSoftmax())
    return try node.like(0, shares.cast(to: v.dtype).matmul(v))
  }

  /// Su et al. 2021, with tables of cosines and sines.
  private static func rotary(_ node: OperatorContext) throws -> ImportedTensor {
    let input = try node.value(0)
    let shape = input.shape
    let isFlat = shape.rank == 3
    guard isFlat || shape.rank == 4 else { throw node.wrong("needs three or four axes") }
    // [batch, tokens, heads, features].
    var x = input
    if isFlat {
      let heads = try node.requiredInt("num_heads")
      guard heads > 0, shape[2] % heads == 0 else {
        throw node.wrong("\(heads) heads do not divide \(input.type)")
      }
      x = input.reshape([shape[0], shape[1], heads, shape[2] / heads])
    } else {
      x = input.swapAxes(1, 2)
    }
    let features = x.shape[3]
    let given = node.int("rotary_embedding_dim", default: 0)
    let count = given > 0 ? given : features
    guard count % 2 == 0, count <= features else {
      throw node.wrong("cannot rotate \(count) of \(features) features")
    }
    let tables = try [1, 2].map { index in
      var table = try node.value(index)
      if let places = try node.optionalValue(3) { table = table.gather(places) }
      return table.expandDims(2)
    }
    let (cosine, sine) = (tables[0], tables[1])
    let half = count / 2
    let isInterleaved = node.flag("interleaved")
    let a = isInterleaved ? x.slice(-1, to: count, step: 2) : x.slice(-1, to: half)
    let b =
      isInterleaved
      ? x.slice(-1, from: 1, to: count, step: 2) : x.slice(-1, from: half, to: count)
    let (first, second) = (a * cosine - b * sine, a * sine + b * cosine)
    var rotated =
      isInterleaved
      ? stack([first, second], axis: -1).reshape(Array(x.shape.dims[..<3]) + [count])
      : concat([first, second], axis: -1)
    if count < features { rotated = concat([rotated, x.slice(-1, from: count)], axis: -1) }
    return try node.like(0, isFlat ? rotated.reshape(shape) : rotated.swapAxes(1, 2))
  }
}

extension Value {
  /// Each head several times, for queries that share it.
  fileprivate func repeatedHeads(_ count: Int) -> Value {
    count <= 1 ? self : repeated(axes: [1], counts: [count])
  }
}

import GraphIR

extension OperatorTable {
  /// A state [batch, heads, keys, values] that every token writes to and reads, unrolled.
  static func linearAttention(_ node: OperatorContext) throws -> [ImportedValue] {
    let rule = node.string("update_rule") ?? "gated_delta"
    guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else {
      throw node.wrong("'update_rule' must not be '\(rule)'")
    }
    let (queryHeads, heads) = (
      try node.requiredInt("q_num_heads"), try node.requiredInt("kv_num_heads")
    )
    let (query, key, value) = (try node.value(0), try node.value(1), try node.value(2))
    guard heads > 0, queryHeads > 0, queryHeads % heads == 0,
      [query, key, value].allSatisfy({ $0.shape.rank == 3 })
    else { throw node.wrong("\(queryHeads) heads of queries do not share \(heads) of keys") }
    let (batch, tokens) = (query.shape[0], query.shape[1])
    /// [batch, heads, tokens, features].
    func split(_ x: Value, _ count: Int) throws -> Value {
      guard x.shape.rank == 3, count > 0, x.shape[2] % count == 0 else {
        throw node.wrong("\(count) heads do not divide \(x.type)")
      }
      return x.reshape([x.shape[0], x.shape[1], count, x.shape[2] / count]).swapAxes(1, 2)
    }
    let (q, k, v) = (try split(query, queryHeads), try split(key, heads), try split(value, heads))
    let (width, depth) = (k.shape[3], v.shape[3])
    let decay =
      rule.hasPrefix("gated") ? try split(node.value(4), heads).exp() : nil
    let rate: Value?
    if rule.hasSuffix("delta") {
      let given = try node.value(5)
      rate = try split(given, given.shape.dims.last ?? 0)
    } else {
      rate = nil
    }
    let given = node.float("scale", default: 0)
    let scale = given == 0 ? 1 / Double(max(1, width)).squareRoot() : given
    let past = try node.optionalTensor(3)
    var state = past?.value ?? node.filled(0, query.dtype, [batch, heads, width, depth])
    guard state.shape == [batch, heads, width, depth] else {
      throw node.wrong("the past state \(state.type) does not fit")
    }
    var outputs: [Value] = []
    for token in 0..<tokens {
      let keys = k[axis: 2, token].expandDims(-1)
      var write = v[axis: 2, token].expandDims(2)
      if let decay { state = state * decay[axis: 2, token].expandDims(-1) }
      if let rate {
        let known = keys.matmul(state, transposeA: true)
        write = rate[axis: 2, token].expandDims(-1) * (write - known)
      }
      state = state + keys * write
      let group = queryHeads / heads
      let seen = group == 1 ? state : state.repeated(axes: [1], counts: [group])
      outputs.append(q[axis: 2, token].expandDims(2).matmul(seen) * scale)
    }
    guard !outputs.isEmpty else { throw UnsupportedUse("no tokens") }
    let all = concat(outputs, axis: 2).swapAxes(1, 2).reshape([batch, tokens, queryHeads * depth])
    let elementType = try past?.elementType ?? node.tensor(0).elementType
    return [.tensor(try node.like(0, all)), ImportedValue(state, elementType)]
  }
}

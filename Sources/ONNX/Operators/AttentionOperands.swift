import GraphIR

/// Queries, keys and values of a node as [batch, heads, tokens, features].
struct AttentionHeads {
  let q: Value
  let k: Value
  let v: Value

  init(_ node: OperatorContext) throws {
    let operands = try (0..<3).map { try node.value($0) }
    let rank = operands[0].shape.rank
    guard rank == 3 || rank == 4, operands.allSatisfy({ $0.shape.rank == rank }) else {
      throw node.wrong("needs operands with three axes, or with four")
    }
    var heads = operands
    if rank == 3 {
      let queries = try node.requiredInt("q_num_heads")
      let keys = try node.requiredInt("kv_num_heads")
      heads = try zip(operands, [queries, keys, keys]).map { operand, count in
        let shape = operand.shape
        guard count > 0, shape[2] % count == 0 else {
          throw node.wrong("\(count) heads do not divide \(operand.type)")
        }
        return operand.reshape([shape[0], shape[1], count, shape[2] / count]).swapAxes(1, 2)
      }
    }
    (q, k, v) = (heads[0], heads[1], heads[2])
    guard k.shape[1] > 0, q.shape[1] % k.shape[1] == 0 else {
      throw node.wrong("\(q.shape[1]) heads of queries do not share \(k.shape[1]) of keys")
    }
  }
}

/// Which keys a query sees, and what is added to its scores.
struct AttentionMask {
  /// True where a query sees a key; broadcasts to [batch, heads, queries, keys].
  private var allowed: Value?
  private var added: Value?
  /// Query i sees keys 0...i and nothing else is said: kernels know that by themselves.
  let isPlainCausal: Bool

  init(_ node: OperatorContext, q: Value, k: Value) throws {
    let (queries, keys) = (q.shape[2], k.shape[2])
    let lengths = try node.optionalValue(6)?.cast(to: .i64)
    let left = node.int("left_window_size", default: -1)
    let right = node.int("right_window_size", default: -1)
    let isCausal = node.flag("is_causal")
    var tests: [Value] = []
    if let mask = try node.optionalValue(3) {
      let missing = keys - (mask.shape.dims.last ?? keys)
      let isBool = mask.dtype == .bool
      let none = [Int](repeating: 0, count: mask.shape.rank)
      let whole =
        missing <= 0
        ? mask
        : mask.pad(
          low: none, high: none.dropLast() + [missing], value: isBool ? 0 : -.infinity)
      if isBool { tests.append(whole) } else { added = whole.cast(to: q.dtype) }
    }
    let past = try node.optionalValue(4).map { $0.shape[2] } ?? 0
    // Place of a query among the keys, less that of the key.
    let columns = node.builder.iota(.i64, [1, keys], axis: 1)
    let rows = node.builder.iota(.i64, [queries, 1], axis: 0)
    var distance = rows - columns
    if let lengths, past == 0 {
      let first = lengths.reshape([-1, 1, 1, 1]) - Double(queries)
      distance = distance + first
    } else if past != 0 {
      distance = distance + Double(past)
    }
    let isPlain = lengths == nil && past == 0
    isPlainCausal = isCausal && isPlain
    if isCausal, !isPlain { tests.append(distance .>= 0) }
    if left >= 0 { tests.append(distance .<= Double(left)) }
    if right >= 0 { tests.append(distance .>= Double(-right)) }
    if let lengths { tests.append(columns .< lengths.reshape([-1, 1, 1, 1])) }
    if let first = tests.first { allowed = tests.dropFirst().reduce(first) { $0 .& $1 } }
    causal = isPlainCausal ? distance .>= 0 : nil
  }

  /// The plain causal test, for what has no kernel for it.
  private let causal: Value?

  /// For `dotProductAttention`, but for what `isPlainCausal` says.
  var combined: Value? {
    guard let added else { return allowed }
    return allowed.map { $0.select(added, added.constant(-.infinity)) } ?? added
  }

  /// All of it applied to scores.
  func applied(to scores: Value) -> Value {
    var result = added.map { scores + $0 } ?? scores
    for test in [allowed, causal].compactMap({ $0 }) {
      result = test.select(result, result.constant(-.infinity))
    }
    return result
  }
}

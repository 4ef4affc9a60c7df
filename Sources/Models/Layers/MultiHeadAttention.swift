import GraphIR

/// Vaswani et al. 2017: attention of several heads, each on a part of the projected features.
public struct MultiHeadAttention: Layer {
  public let query: Linear
  public let key: Linear
  public let value: Linear
  public let output: Linear
  public let heads: Int
  public let isCausal: Bool

  /// Makes the layers q, k, v and o, each name with `suffix` behind it, from `features` to
  /// `features`, which must be a multiple of `heads`.
  public init(
    _ builder: GraphBuilder, suffix: String = "", features: Int, heads: Int,
    isCausal: Bool = false, initialization: LinearInitialization = .torch,
    file: String = #fileID, line: Int = #line
  ) {
    let layers = ["q", "k", "v", "o"].map { name in
      Linear(
        builder, name + suffix, inputs: features, outputs: features,
        initialization: initialization, file: file, line: line)
    }
    (query, key, value, output) = (layers[0], layers[1], layers[2], layers[3])
    self.heads = heads
    self.isCausal = isCausal
  }

  /// Self-attention of x, [batch..., tokens, features].
  public func apply(_ x: Value) -> Value { attend(x, to: x) }

  /// Attention of x, [batch..., queries, features], to `memory`, [batch..., keys, features].
  ///
  /// `mask` is as in `Value.dotProductAttention`.
  public func attend(_ x: Value, to memory: Value, mask: Value? = nil) -> Value {
    let (q, k, v) = (split(query(x)), split(key(memory)), split(value(memory)))
    let y = q.dotProductAttention(k, v, mask: mask, isCausal: isCausal)
    return output(y.flattened(last: 2))
  }

  private func split(_ x: Value) -> Value {
    x.lastSplit(heads)
  }
}

extension Value {
  /// The last axis as `count` parts, [batch..., tokens, count, features / count].
  fileprivate func lastSplit(_ count: Int) -> Value {
    guard isValid, let last = shape.dims.last else { return self }
    // Where the parts do not fill the axis, reshape says so.
    return openReshape(Array(shape.dims.dropLast()) + [count, last / Swift.max(1, count)])
  }

  /// The last `count` axes as one.
  fileprivate func flattened(last count: Int) -> Value {
    guard isValid else { return self }
    let features = shape.dims.suffix(count).reduce(1, *)
    return openReshape(Array(shape.dims.dropLast(count)) + [features])
  }

  /// Reshaped, with the size of the batch left open so that the node does not fix it.
  private func openReshape(_ dims: [Int]) -> Value {
    guard dims.count > 2, dims.allSatisfy({ $0 > 0 }) else { return reshape(dims) }
    return reshape([-1] + dims.dropFirst())
  }
}

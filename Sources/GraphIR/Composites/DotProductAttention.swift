// Heads are an axis between tokens and features, [batch..., tokens, heads, features], so that a
// projection's result is split into heads by a reshape alone.

extension Value {
  /// Vaswani et al. 2017: softmax(q k^T * scale) v for each head, this value being q.
  ///
  /// q [batch..., queries, heads, features], k [batch..., keys, heads, features] and
  /// v [batch..., keys, heads, width] give [batch..., queries, heads, width]. `scale` is
  /// 1 / sqrt(features) if nil. With `isCausal` query i sees keys 0...i. `mask` is broadcast to
  /// [batch..., heads, queries, keys]: a bool that is true where a query sees a key, or a number
  /// added to the scores. A query that sees no key gets zeros.
  public func dotProductAttention(
    _ k: Value, _ v: Value, mask: Value? = nil, isCausal: Bool = false, scale: Double? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let features = isValid ? shape.dims.last ?? 1 : 1
      let factor = scale ?? 1 / Double(Swift.max(1, features)).squareRoot()
      return builder.append(
        Attention(scale: factor, isCausal: isCausal), [self, k, v] + (mask.map { [$0] } ?? []))
    }
  }

  /// The same made of plain ops, whose gradients can be differentiated again. Operands must fit.
  func plainAttention(
    _ k: Value, _ v: Value, mask: Value?, isCausal: Bool, scale: Double
  ) -> Value {
    var scores = (swapAxes(-3, -2) * scale).matmul(k.swapAxes(-3, -2), transposeB: true)
    if let mask {
      scores = mask.dtype == .bool ? mask.select(scores, -.infinity) : scores + mask
    }
    if isCausal, scores.isValid {
      let (rows, columns) = (scores.shape[scores.shape.rank - 2], scores.shape.dims.last ?? 1)
      scores = builder.causalMask(queries: rows, keys: columns).select(scores, -.infinity)
    }
    return scores.maskedSoftmax().matmul(v.swapAxes(-3, -2)).swapAxes(-3, -2)
  }

  /// Softmax over the last axis; zeros where all of it is minus infinity.
  private func maskedSoftmax() -> Value {
    let largest = max(axes: [-1], keepDims: true).stopGradient()
    let shift = (largest .> -.infinity).select(largest, 0)
    let exponential = (self - shift).exp()
    let sum = exponential.sum(axes: [-1], keepDims: true)
    return exponential / (sum .> 0).select(sum, 1)
  }

  private func select(_ a: Value, _ b: Double) -> Value { select(a, a.constant(b)) }
}

extension GraphBuilder {
  /// bool[queries, keys]: whether the key does not come after the query.
  public func causalMask(queries: Int, keys: Int) -> Value {
    iota(.i64, [queries, 1], axis: 0) .>= iota(.i64, [1, keys], axis: 1)
  }
}

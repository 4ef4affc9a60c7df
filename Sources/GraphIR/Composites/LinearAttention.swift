// Attention whose cost grows with the number of tokens, not with its square: a product of features
// of queries and keys takes the place of the softmax of their scores, and (q k^T) v is q (k^T v).

extension Value {
  /// Shen et al. 2021, "Efficient attention": softmax(q) (softmax(k)^T v), q over its features, k
  /// over the tokens.
  ///
  /// q [batch..., queries, heads, features], k [batch..., keys, heads, features] and
  /// v [batch..., keys, heads, width] give [batch..., queries, heads, width]. With `isCausal`,
  /// which takes as many queries as keys, the softmax of token i is over the tokens 0...i.
  public func efficientAttention(
    _ k: Value, _ v: Value, isCausal: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let mistake = linearMistake(k, v, isCausal) else {
        let queries = softmax()
        guard isCausal else { return queries.timesState(k.softmax(axis: -3), v) }
        // The largest key of all cancels between sum and normalizer.
        let weights = (k - k.max(axes: [-3], keepDims: true).stopGradient()).exp()
        return (queries / weights.cumsum(-3)).causalProduct(weights, v)
      }
      return failed(mistake, file, line)
    }
  }

  /// Katharopoulos et al. 2020: f(q) (f(k)^T v) / (f(q) sum of f(k)), with f(x) = elu(x) + 1 or
  /// another function to positive numbers.
  ///
  /// Shapes and `isCausal` as for `efficientAttention`.
  public func linearAttention(
    _ k: Value, _ v: Value, isCausal: Bool = false,
    feature: (Value) -> Value = { $0.elu() + 1 }, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let mistake = linearMistake(k, v, isCausal) else {
        let (queries, keys) = (feature(self), feature(k))
        let total = isCausal ? keys.cumsum(-3) : keys.sum(axes: [-3], keepDims: true)
        let norm = (queries * total).sum(axes: [-1], keepDims: true)
        let sum =
          isCausal ? queries.causalProduct(keys, v) : queries.timesState(keys, v)
        return sum / norm
      }
      return failed(mistake, file, line)
    }
  }

  private func linearMistake(_ k: Value, _ v: Value, _ isCausal: Bool) -> String? {
    guard isValid, k.isValid, v.isValid else { return "" }
    let types = "q \(type), k \(k.type), v \(v.type)"
    guard shape.rank >= 3, k.shape.rank == shape.rank, v.shape.rank == shape.rank else {
      return "linear attention: \(types) must all be [batch..., tokens, heads, features]"
    }
    guard !isCausal || shape[shape.rank - 3] == k.shape[shape.rank - 3] else {
      return "linear attention: causal needs as many queries as keys, not \(types)"
    }
    return nil
  }

  /// q (k^T v) for each head.
  private func timesState(_ k: Value, _ v: Value) -> Value {
    let state = k.swapAxes(-3, -2).matmul(v.swapAxes(-3, -2), transposeA: true)
    return swapAxes(-3, -2).matmul(state).swapAxes(-3, -2)
  }

  /// The sum over j <= i of (q_i k_j) v_j.
  ///
  /// In blocks: within one by a masked product, before it by the running sum of the blocks' k^T v,
  /// so that no state a token is kept.
  private func causalProduct(_ k: Value, _ v: Value) -> Value {
    let tokens = shape[shape.rank - 3]
    let block = Swift.min(Swift.max(1, tokens), 64)
    let (q, k, v) = (blocks(block), k.blocks(block), v.blocks(block))
    let mask = builder.causalMask(queries: block, keys: block)
    let scores = mask.select(q.matmul(k, transposeB: true), q.constant(0))
    let states = k.matmul(v, transposeA: true)
    // [batch..., heads, blocks, features, width]: what all blocks before have summed up.
    let before = states.cumsum(-3, exclusive: true)
    let sum = (scores.matmul(v) + q.matmul(before)).swapAxes(-4, -3).swapAxes(-3, -2)
    var dims = sum.shape.dims
    let last = dims.count
    dims.replaceSubrange(last - 4..<last - 2, with: [dims[last - 4] * block])
    return sum.openReshape(dims).slice(-3, to: tokens)
  }

  /// [batch..., tokens, heads, features] as [batch..., heads, blocks, block, features], with zeros
  /// after the last token.
  private func blocks(_ block: Int) -> Value {
    let axis = shape.rank - 3
    let missing = (block - shape[axis] % block) % block
    var high = Array(repeating: 0, count: shape.rank)
    high[axis] = missing
    let padded = missing == 0 ? self : pad(low: high.map { _ in 0 }, high: high)
    var dims = padded.shape.dims
    dims.replaceSubrange(axis...axis, with: [dims[axis] / block, block])
    return padded.openReshape(dims).swapAxes(-3, -2).swapAxes(-4, -3)
  }

  /// Reshaped, with the size of the batch left open where there is one.
  private func openReshape(_ dims: [Int]) -> Value {
    guard Swift.min(shape.rank, dims.count) > 3, dims.allSatisfy({ $0 > 0 }) else {
      return reshape(dims)
    }
    return reshape([-1] + dims.dropFirst())
  }
}

import Foundation

/// What the shapes of queries, keys and values say: q [batch..., queries, heads, features],
/// k [batch..., keys, heads, features], v [batch..., keys, heads, width].
public struct AttentionSizes: Hashable, Sendable {
  public let batch: Shape
  public let queries: Int
  public let keys: Int
  public let heads: Int
  public let features: Int
  public let width: Int

  /// Throws where the operands do not fit.
  public init(q: TensorType, k: TensorType, v: TensorType) throws(OpError) {
    try q.dtype.expectFloat()
    try q.dtype.expectSame(k.dtype)
    try q.dtype.expectSame(v.dtype)
    let rank = q.shape.rank
    guard rank >= 3, k.shape.rank == rank, v.shape.rank == rank,
      q.shape.dims.dropLast(3) == k.shape.dims.dropLast(3),
      k.shape.dims.dropLast() == v.shape.dims.dropLast(),
      q.shape.dims.suffix(2) == k.shape.dims.suffix(2)
    else {
      throw OpError(
        "takes q [batch..., queries, heads, features], k [batch..., keys, heads, features] and "
          + "v [batch..., keys, heads, width], not \(q), \(k), \(v)")
    }
    batch = Shape(Array(q.shape.dims.dropLast(3)))
    queries = q.shape[rank - 3]
    keys = k.shape[rank - 3]
    heads = q.shape[rank - 2]
    features = q.shape[rank - 1]
    width = v.shape[rank - 1]
    _ = try scores.checked()
  }

  /// [batch..., heads, queries, keys], to which a mask is broadcast.
  public var scores: Shape { Shape(batch.dims + [heads, queries, keys]) }
  /// [batch..., queries, heads, width].
  public var result: Shape { Shape(batch.dims + [queries, heads, width]) }

  /// Throws unless a mask of this type says something of every score.
  func expect(mask: TensorType, for dtype: DType) throws(OpError) {
    guard mask.dtype == .bool || mask.dtype == dtype else {
      throw OpError("a mask is bool or of the operands' type, not \(mask)")
    }
    guard Shape.broadcast(mask.shape, scores) == scores else {
      throw OpError("mask \(mask) does not broadcast to the scores' shape \(scores)")
    }
  }
}

/// Attention and its gradient in double precision, head by head.
struct AttentionReference {
  let sizes: AttentionSizes
  let scale: Double
  let isCausal: Bool
  let q: [Double]
  let k: [Double]
  let v: [Double]
  let mask: ReferenceTensor?

  /// Batch times heads.
  var count: Int { sizes.batch.count * sizes.heads }

  /// Where the features of a token of a head begin.
  func place(_ head: Int, _ token: Int, tokens: Int, features: Int) -> Int {
    let (batch, own) = (head / sizes.heads, head % sizes.heads)
    return ((batch * tokens + token) * sizes.heads + own) * features
  }

  /// [queries, keys] of the softmax.
  func weights(_ head: Int) -> [Double] {
    let (queries, keys, features) = (sizes.queries, sizes.keys, sizes.features)
    var result = [Double](repeating: 0, count: queries * keys)
    let masked = mask.map { masks(head, $0) }
    for i in 0..<queries {
      let row = place(head, i, tokens: queries, features: features)
      var scores = (0..<keys).map { j in
        let other = place(head, j, tokens: keys, features: features)
        let product = (0..<features).reduce(0) { $0 + q[row + $1] * k[other + $1] }
        return isCausal && j > i ? -.infinity : product * scale
      }
      if let mask, let masked {
        for j in 0..<keys {
          let value = mask.values[masked[i * keys + j]]
          let isAdded = mask.type.dtype != .bool
          scores[j] = isAdded ? scores[j] + value : value != 0 ? scores[j] : -.infinity
        }
      }
      let largest = scores.max() ?? 0
      guard largest > -.infinity else { continue }
      let exponentials = scores.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      for j in 0..<keys { result[i * keys + j] = exponentials[j] / sum }
    }
    return result
  }

  /// For each score of a head the element of the mask.
  private func masks(_ head: Int, _ mask: ReferenceTensor) -> [Int] {
    let scores = sizes.scores
    let lead = scores.rank - mask.shape.rank
    let own = mask.shape.strides
    let strides = scores.dims.indices.map { axis in
      axis < lead || mask.shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
    var rest = head
    var start = 0
    for axis in scores.dims.indices.dropLast(2).reversed() {
      start += rest % scores[axis] * strides[axis]
      rest /= scores[axis]
    }
    let (row, column) = (strides[scores.rank - 2], strides[scores.rank - 1])
    return (0..<sizes.queries).flatMap { i in
      (0..<sizes.keys).map { start + i * row + $0 * column }
    }
  }

  /// [batch..., queries, heads, width].
  func result() -> [Double] {
    let (queries, keys, width) = (sizes.queries, sizes.keys, sizes.width)
    var result = [Double](repeating: 0, count: sizes.result.count)
    for head in 0..<count {
      let weights = weights(head)
      for i in 0..<queries {
        let row = place(head, i, tokens: queries, features: width)
        for j in 0..<keys {
          let other = place(head, j, tokens: keys, features: width)
          for e in 0..<width { result[row + e] += weights[i * keys + j] * v[other + e] }
        }
      }
    }
    return result
  }

  /// The gradients of q, of k and of v one after another, g being the result's.
  func gradient(_ g: [Double]) -> [Double] {
    let (queries, keys) = (sizes.queries, sizes.keys)
    let (features, width) = (sizes.features, sizes.width)
    var dq = [Double](repeating: 0, count: q.count)
    var dk = [Double](repeating: 0, count: k.count)
    var dv = [Double](repeating: 0, count: v.count)
    for head in 0..<count {
      let weights = weights(head)
      for i in 0..<queries {
        let above = place(head, i, tokens: queries, features: width)
        let row = place(head, i, tokens: queries, features: features)
        let dp = (0..<keys).map { j in
          let other = place(head, j, tokens: keys, features: width)
          return (0..<width).reduce(0) { $0 + g[above + $1] * v[other + $1] }
        }
        let mean = (0..<keys).reduce(0) { $0 + weights[i * keys + $1] * dp[$1] }
        for j in 0..<keys {
          let weight = weights[i * keys + j]
          let ds = weight * (dp[j] - mean) * scale
          let key = place(head, j, tokens: keys, features: features)
          let value = place(head, j, tokens: keys, features: width)
          for d in 0..<features {
            dq[row + d] += ds * k[key + d]
            dk[key + d] += ds * q[row + d]
          }
          for e in 0..<width { dv[value + e] += weight * g[above + e] }
        }
      }
    }
    return dq + dk + dv
  }
}

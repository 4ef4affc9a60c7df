import Foundation

/// A diffusion of one number in which everything is normal, so that every term has a closed form.
///
/// Forward x_t = a_t x_(t-1) + sqrt(b_t) noise, with a_t^2 = 1 - b_t. Reverse
/// x_(t-1) = r_t x_t + c_t + sqrt(v_t) noise, from a standard normal x_T. Arrays begin with t = 1.
public struct LinearGaussianChain: Sendable {
  public var b: [Double]
  public var r: [Double]
  public var c: [Double]
  public var v: [Double]

  public init(b: [Double], r: [Double], c: [Double], v: [Double]) {
    precondition(!b.isEmpty && [r.count, c.count, v.count].allSatisfy { $0 == b.count })
    (self.b, self.r, self.c, self.v) = (b, r, c, v)
  }

  /// The reverse chain that undoes the forward one for normal data of this mean and variance.
  public init(undoing b: [Double], mean: Double, variance: Double) {
    self.init(b: b, r: b, c: b, v: b)
    for t in b.indices {
      // x_t | x_(t-1) and the marginal of x_(t-1), turned around by Bayes's rule.
      let keep = t == 0 ? 1 : kept[t - 1]
      let noise = t == 0 ? 0 : spread[t - 1]
      let (prior, center) = (keep * keep * variance + noise, keep * mean)
      let a = (1 - b[t]).squareRoot()
      let total = a * a * prior + b[t]
      r[t] = a * prior / total
      c[t] = center - r[t] * a * center
      v[t] = b[t] * prior / total
    }
  }

  /// q(x_t | x_0) is normal with mean kept_t x_0 and variance spread_t.
  private var kept: [Double] {
    b.reduce(into: []) { $0.append(($0.last ?? 1) * (1 - $1).squareRoot()) }
  }
  private var spread: [Double] { kept.map { 1 - $0 * $0 } }

  /// Mean and variance of each of x_0...x_T under the reverse chain.
  private var marginals: [(mean: Double, variance: Double)] {
    var marginals = [(mean: 0.0, variance: 1.0)]
    for t in b.indices.reversed() {
      let (mean, variance) = marginals[marginals.count - 1]
      marginals.append((r[t] * mean + c[t], r[t] * r[t] * variance + v[t]))
    }
    return marginals.reversed()
  }

  /// log p(x_0), in nats.
  public func logLikelihood(_ x: Double) -> Double {
    let (mean, variance) = marginals[0]
    return -0.5 * (log(2 * .pi * variance) + (x - mean) * (x - mean) / variance)
  }

  /// L_0, L_1...L_(T-1) and the prior term L_T, whose sum is -ELBO.
  public func terms(_ x: Double) -> [Double] {
    let (kept, spread) = (kept, spread)
    var terms: [Double] = []
    for t in b.indices {
      // The reverse mean misses the target by slope x_t + offset.
      let (slope, offset, width): (Double, Double, Double)
      if t == 0 {
        (slope, offset, width) = (-r[0], x - c[0], 0)
      } else {
        let a = (1 - b[t]).squareRoot()
        slope = a * spread[t - 1] / spread[t] - r[t]
        offset = kept[t - 1] * b[t] * x / spread[t] - c[t]
        width = b[t] * spread[t - 1] / spread[t]
      }
      let miss = slope * kept[t] * x + offset
      let squared = miss * miss + slope * slope * spread[t]
      // -E log p(x_0 | x_1), and KL(q(x_(t-1) | x_t, x_0) || p(x_(t-1) | x_t)).
      let own = t == 0 ? -log(2 * .pi) : 1 + log(width)
      terms.append(0.5 * ((squared + width) / v[t] + log(v[t]) - own))
    }
    let (mean, variance) = (kept[b.count - 1] * x, spread[b.count - 1])
    return terms + [0.5 * (mean * mean + variance - 1 - log(variance))]
  }

  /// KL(q(x_1...x_T | x_0) || p(x_1...x_T | x_0)) from both distributions' means and covariances,
  /// on another way than the terms.
  public func gap(_ x: Double) -> Double {
    let (size, kept, spread, marginals) = (b.count, kept, spread, marginals)
    // Reverse: x_s hangs on x_t, t > s, by the product of the r between them.
    let hang = { (s: Int, t: Int) in (s..<t).reduce(1) { $0 * r[$1] } * marginals[t].variance }
    let start = marginals[0].variance
    var (covariance, other) = ([Double](), [Double]())
    for s in 1...size {
      for t in 1...size {
        let (low, high) = (min(s, t), max(s, t))
        covariance.append(spread[low - 1] * kept[high - 1] / kept[low - 1])
        other.append(hang(low, high) - hang(0, s) * hang(0, t) / start)
      }
    }
    let apart = (1...size).map { t in
      let mean = marginals[t].mean + hang(0, t) / start * (x - marginals[0].mean)
      return mean - kept[t - 1] * x
    }
    let q = SymmetricMatrix(size: size, elements: covariance)
    let p = SymmetricMatrix(size: size, elements: other)
    return Self.divergence(q, p, apart: apart)
  }

  /// KL between normal distributions whose means are `apart`.
  private static func divergence(
    _ q: SymmetricMatrix, _ p: SymmetricMatrix, apart: [Double]
  ) -> Double {
    let (values, vectors) = p.eigen
    var sum = 0.0
    for (index, value) in values.enumerated() {
      let axis = Array(vectors[index * p.size..<(index + 1) * p.size])
      let along = zip(axis, apart).reduce(0) { $0 + $1.0 * $1.1 }
      var variance = 0.0
      for i in axis.indices {
        for j in axis.indices { variance += axis[i] * q[i, j] * axis[j] }
      }
      sum += (variance + along * along) / value + log(value) - 1
    }
    return 0.5 * (sum - q.eigen.values.reduce(0) { $0 + log($1) })
  }
}

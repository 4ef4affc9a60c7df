import Foundation

/// How much noise each step of a diffusion adds: arrays begin with t = 0, which adds none.
package struct NoiseSchedule: Sendable {
  /// The variance that step t adds.
  package let beta: [Double]
  /// Share of an image's variance that is left after t steps.
  package let kept: [Double]

  package init(beta: [Double]) {
    self.beta = [0] + beta
    kept = self.beta.reduce(into: []) { $0.append(($0.last ?? 1) * (1 - $1)) }
  }

  package var steps: Int { beta.count - 1 }

  /// Ho et al. 2020: from 1e-4 to 0.02 over 1,000 steps; of fewer steps each adds more.
  package static func linear(_ steps: Int) -> NoiseSchedule {
    let scale = 1000 / Double(steps)
    let last = Double(max(1, steps - 1))
    return NoiseSchedule(
      beta: (0..<steps).map { scale * (1e-4 + (0.02 - 1e-4) * Double($0) / last) })
  }

  /// Nichol and Dhariwal 2021.
  package static func cosine(_ steps: Int) -> NoiseSchedule {
    let kept = (0...steps).map { t in
      let place = Double(t) / Double(steps)
      let wave = cos((place + 0.008) / 1.008 * (Double.pi / 2))
      return wave * wave
    }
    return NoiseSchedule(beta: (1...steps).map { min(0.999, 1 - kept[$0] / kept[$0 - 1]) })
  }

  /// The same without the last steps.
  package func first(_ steps: Int) -> NoiseSchedule { NoiseSchedule(beta: Array(beta[1...steps])) }

  /// x_t is signal_t x_0 + noise_t e.
  package var signal: [Double] { kept.map { $0.squareRoot() } }
  package var noise: [Double] { kept.map { (1 - $0).squareRoot() } }

  /// q(x_(t-1) | x_t, x_0) has mean toClean_t x_0 + toNoisy_t x_t and deviation_t.
  package var toClean: [Double] {
    beta.indices.map { t in t == 0 ? 0 : beta[t] * kept[t - 1].squareRoot() / (1 - kept[t]) }
  }
  package var toNoisy: [Double] {
    beta.indices.map { t in
      t == 0 ? 1 : (1 - beta[t]).squareRoot() * posteriorVariance(t) / beta[t]
    }
  }
  package var deviation: [Double] { [0] + (1...steps).map { posteriorVariance($0).squareRoot() } }

  /// Variance of q(x_(t-1) | x_t, x_0); 0 for t = 1.
  package func posteriorVariance(_ t: Int) -> Double {
    beta[t] * (1 - kept[t - 1]) / (1 - kept[t])
  }

  /// The factor of the squared error of the predicted x_0 in L_(t-1), t > 1: half of what the ratio
  /// of signal to noise loses in step t (Kingma et al. 2021).
  package func weight(_ t: Int) -> Double {
    let ratio = { (t: Int) in kept[t] / (1 - kept[t]) }
    return (ratio(t - 1) - ratio(t)) / 2
  }

  /// KL(q(x_T | x_0) || standard normal) for numbers whose mean square is `square`, in nats a number.
  package func priorTerm(meanSquare square: Double) -> Double {
    let left = kept[steps]
    return 0.5 * (left * square - left - log1p(-left))
  }
}

import Foundation
import GraphIR

/// A normal distribution in several dimensions.
package struct Gaussian {
  package let mean: [Double]
  package let covariance: SymmetricMatrix

  package init(mean: [Double], covariance: SymmetricMatrix) {
    (self.mean, self.covariance) = (mean, covariance)
  }

  /// The one with the mean and the covariance of the rows of `tensor`, [rows, dimensions].
  package init(of tensor: Tensor) {
    let (rows, size) = (tensor.shape[0], tensor.shape[1])
    let values = tensor.doubles
    var mean = [Double](repeating: 0, count: size)
    for row in 0..<rows {
      for column in 0..<size { mean[column] += values[row * size + column] / Double(rows) }
    }
    var covariance = [Double](repeating: 0, count: size * size)
    for row in 0..<rows {
      let centered = (0..<size).map { values[row * size + $0] - mean[$0] }
      for (i, x) in centered.enumerated() {
        for (j, y) in centered.enumerated() { covariance[i * size + j] += x * y }
      }
    }
    let count = Double(max(1, rows - 1))
    self.init(
      mean: mean,
      covariance: SymmetricMatrix(size: size, elements: covariance.map { $0 / count }))
  }

  /// Dowson and Landau 1982, squared: |m - n|^2 + tr(S + T - 2 (S T)^(1/2)).
  package func frechetDistance(to other: Gaussian) -> Double {
    let apart = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    // The product's root has the trace of a symmetric matrix's root.
    let product = other.covariance.between(covariance.squareRoot)
    let root = product.eigen.values.reduce(0) { $0 + max(0, $1).squareRoot() }
    return apart + covariance.trace + other.covariance.trace - 2 * root
  }

  /// KL(this || standard normal), in nats.
  package var divergenceFromStandardNormal: Double {
    let logDeterminant = covariance.eigen.values.reduce(0) { $0 + log(max($1, 1e-300)) }
    let squares = mean.reduce(0) { $0 + $1 * $1 }
    return 0.5 * (covariance.trace + squares - Double(mean.count) - logDeterminant)
  }

  /// So many draws, [count, dimensions]; the same seed and stream give the same.
  package func sample(_ count: Int, seed: Int, stream: Int) -> Tensor {
    let size = mean.count
    let root = covariance.squareRoot
    let normals = Tensor.normals([count, size], seed: seed, stream: stream).doubles
    var values: [Float] = []
    for row in 0..<count {
      for i in 0..<size {
        let turned = (0..<size).reduce(0) { $0 + root[i, $1] * normals[row * size + $1] }
        values.append(Float(mean[i] + turned))
      }
    }
    return Tensor(values, shape: [count, size])
  }
}

extension Tensor {
  /// Standard normal numbers; the same seed and stream give the same.
  static func normals(_ shape: Shape, seed: Int, stream: Int) -> Tensor {
    let philox = Philox(seed: Int64(seed), step: 0, stream: UInt32(stream))
    return Tensor((0..<shape.count).map { Float(philox.normalSingle($0)) }, shape: shape)
  }
}

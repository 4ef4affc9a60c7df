import Foundation
import GraphIR
import Studies
import Testing

@Suite struct GaussianTests {
  private func gaussian(_ mean: [Double], _ covariance: [Double]) -> Gaussian {
    Gaussian(
      mean: mean, covariance: SymmetricMatrix(size: mean.count, elements: covariance))
  }

  @Test func rootsAndEigenvalues() {
    let matrix = SymmetricMatrix(size: 3, elements: [4, 1, 0.5, 1, 3, -1, 0.5, -1, 2])
    let identity = SymmetricMatrix(size: 3, elements: [1, 0, 0, 0, 1, 0, 0, 0, 1])
    let again = identity.between(matrix.squareRoot)
    for (a, b) in zip(again.elements, matrix.elements) { #expect(abs(a - b) < 1e-12) }
    let (values, vectors) = matrix.eigen
    #expect(abs(values.reduce(0, +) - 9) < 1e-12)
    for (index, value) in values.enumerated() {
      for row in 0..<3 {
        let product = (0..<3).reduce(0) { $0 + matrix[row, $1] * vectors[index * 3 + $1] }
        #expect(abs(product - value * vectors[index * 3 + row]) < 1e-12)
      }
    }
  }

  /// Of matrices that commute, the distance is that of the deviations.
  @Test func distances() {
    let (a, b) = (gaussian([0, 1], [4, 0, 0, 1]), gaussian([3, 1], [1, 0, 0, 9]))
    #expect(abs(a.frechetDistance(to: b) - (9 + 1 + 4)) < 1e-12)
    #expect(abs(a.frechetDistance(to: a)) < 1e-12)
    let turned = gaussian([0, 0], [2, 1, 1, 2])
    #expect(abs(turned.frechetDistance(to: turned)) < 1e-12)
    let divergence = 0.5 * (4 + 1 + 1 - 2 - log(4))
    #expect(abs(a.divergenceFromStandardNormal - divergence) < 1e-12)
  }

  @Test func samplesHaveItsMoments() {
    let wanted = gaussian([1, -2], [2, 1, 1, 3])
    let found = Gaussian(of: wanted.sample(20_000, seed: 5, stream: 0))
    for (a, b) in zip(found.mean, wanted.mean) { #expect(abs(a - b) < 0.05) }
    for (a, b) in zip(found.covariance.elements, wanted.covariance.elements) {
      #expect(abs(a - b) < 0.12)
    }
  }
}

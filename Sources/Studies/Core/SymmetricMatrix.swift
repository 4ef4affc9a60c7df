/// A real symmetric matrix, for covariances of a few dozen dimensions.
package struct SymmetricMatrix {
  package let size: Int
  /// Row by row.
  package private(set) var elements: [Double]

  package init(size: Int, elements: [Double]) {
    precondition(elements.count == size * size, "SymmetricMatrix: \(elements.count) elements")
    (self.size, self.elements) = (size, elements)
  }

  package subscript(row: Int, column: Int) -> Double { elements[row * size + column] }

  package var trace: Double { (0..<size).reduce(0) { $0 + self[$1, $1] } }

  /// Eigenvalues, and as rows of `vectors` their eigenvectors, by Jacobi's rotations (Golub and Van
  /// Loan, Matrix Computations, 8.5): slow for large matrices, exact for small ones.
  package var eigen: (values: [Double], vectors: [Double]) {
    var a = elements
    var vectors = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
    for _ in 0..<50 {
      var rest = 0.0
      for row in 0..<size {
        for column in 0..<row { rest += a[row * size + column] * a[row * size + column] }
      }
      let scale = (0..<size).reduce(0) { max($0, abs(a[$1 * size + $1])) }
      if rest.squareRoot() <= 1e-14 * scale { break }
      for p in 0..<size {
        for q in 0..<p { Self.rotate(&a, &vectors, size, p, q) }
      }
    }
    return ((0..<size).map { a[$0 * size + $0] }, vectors)
  }

  /// Turns the plane of axes p and q such that element [p, q] becomes zero.
  private static func rotate(
    _ a: inout [Double], _ vectors: inout [Double], _ size: Int, _ p: Int, _ q: Int
  ) {
    let off = a[p * size + q]
    if off == 0 { return }
    let theta = (a[q * size + q] - a[p * size + p]) / (2 * off)
    let root = abs(theta) + (theta * theta + 1).squareRoot()
    let t = (theta < 0 ? -1 : 1) / root
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<size {
      let (x, y) = (a[k * size + p], a[k * size + q])
      (a[k * size + p], a[k * size + q]) = (c * x - s * y, s * x + c * y)
    }
    for k in 0..<size {
      let (x, y) = (a[p * size + k], a[q * size + k])
      (a[p * size + k], a[q * size + k]) = (c * x - s * y, s * x + c * y)
      let (u, v) = (vectors[p * size + k], vectors[q * size + k])
      (vectors[p * size + k], vectors[q * size + k]) = (c * u - s * v, s * u + c * v)
    }
  }

  /// The symmetric root of a positive semidefinite matrix; what rounding made negative counts as 0.
  package var squareRoot: SymmetricMatrix {
    let (values, vectors) = eigen
    var root = [Double](repeating: 0, count: size * size)
    for (index, value) in values.enumerated() {
      let scale = max(0, value).squareRoot()
      let vector = vectors[index * size..<(index + 1) * size]
      for (row, x) in vector.enumerated() {
        for (column, y) in vector.enumerated() { root[row * size + column] += scale * x * y }
      }
    }
    return SymmetricMatrix(size: size, elements: root)
  }

  /// `outer` x this x `outer`.
  package func between(_ outer: SymmetricMatrix) -> SymmetricMatrix {
    let product = Self.product(Self.product(outer.elements, elements, size), outer.elements, size)
    return SymmetricMatrix(size: size, elements: product)
  }

  private static func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
    var result = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for k in 0..<size {
        let factor = a[row * size + k]
        for column in 0..<size { result[row * size + column] += factor * b[k * size + column] }
      }
    }
    return result
  }
}

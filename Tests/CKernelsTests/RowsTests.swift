import CKernels
import Foundation
import Testing

typealias WeightsKernel = @convention(c) (Int, Int, Out, Int, Out, Int) -> Void
typealias ScoresKernel = @convention(c) (Int, Int, Out, Int, In, Int, In) -> Void

/// Kernels of whole rows, against their definitions in double precision.
@Suite struct RowsTests {
  @Test(arguments: instructionSets) func attention(_ isa: Int32) throws {
    try attention(isa, Float.self)
    try attention(isa, Double.self)
  }

  private func attention<T: Element & BinaryFloatingPoint>(_ isa: Int32, _ type: T.Type) throws {
    let weights: WeightsKernel = try kernel("attention_weights_\(T.suffix)", isa)
    let gradient: ScoresKernel = try kernel("attention_scores_\(T.suffix)", isa)
    for (rows, cols) in tileSizes + [(5, 31), (4, 130)] {
      for seen in [1, 3, cols] {
        let stride = (cols + 15) / 16 * 16 + 16
        var tile = (0..<rows * stride).map { T(sample($0, range: 9)) }
        let scores = tile
        var factors = [T](repeating: 7, count: rows)
        weights(rows, cols, &tile, stride, &factors, seen)
        var change = (0..<rows * stride).map { T(sample($0 + 5)) }
        let given = change
        gradient(rows, cols, &change, stride, tile, stride, factors)
        for r in 0..<rows {
          let count = min(cols, seen + r)
          let row = (0..<count).map { Double(scores[r * stride + $0]) }
          let exponentials = row.map { exp($0 - (row.max() ?? 0)) }
          let sum = exponentials.reduce(0, +)
          let products = (0..<count).map { Double(given[r * stride + $0]) * exponentials[$0] }
          let mean = products.reduce(0, +) / max(sum, 1e-300)
          #expect(count == 0 || abs(Double(factors[r]) * sum - 1) < 1e-6, "\(rows) x \(cols)")
          for c in 0..<cols {
            let want = c < count ? exponentials[c] : 0
            let place = r * stride + c
            #expect(abs(Double(tile[place]) - want) < 3e-7, "\(rows) x \(cols), \(r) \(c)")
            let slope = c < count ? want * (Double(given[place]) - mean) : 0
            #expect(abs(Double(change[place]) - slope) < 4e-6, "\(rows) x \(cols), \(r) \(c)")
          }
        }
      }
    }
  }

  /// A row that sees nothing but minus infinity has no weights, and hands on a gradient of 0.
  @Test(arguments: instructionSets) func hiddenRowsGetZeros(_ isa: Int32) throws {
    let weights: WeightsKernel = try kernel("attention_weights_f32", isa)
    var tile = [Float](repeating: -.infinity, count: 2 * 48)
    tile[48] = 2
    var factors: [Float] = [7, 7]
    weights(2, 30, &tile, 48, &factors, 30)
    #expect(factors == [0, 1])
    #expect(tile[0..<30].allSatisfy { $0 == 0 })
    #expect(tile[48] == 1 && tile[49..<78].allSatisfy { $0 == 0 })
  }

  @Test(arguments: instructionSets) func normalizes(_ isa: Int32) throws {
    try normalizes(isa, Float.self, within: 3e-6)
    try normalizes(isa, Double.self, within: 1e-13)
  }

  private func normalizes<T: Element & BinaryFloatingPoint>(
    _ isa: Int32, _ type: T.Type, within limit: Double
  ) throws {
    let forward: UnaryKernel1 = try kernel("normalize_\(T.suffix)", isa)
    let backward: @convention(c) (Int, Int, Out, Int, In, Int, Int, In, Int, Int, Double) -> Void =
      try kernel("normalize_gradient_\(T.suffix)", isa)
    for (rows, cols) in tileSizes where rows * cols > 0 {
      for layout in [Layout.dense, .gaps, .strided, .transposed] {
        let x = Tile<T>(rows, cols, layout) { T(sample($0)) }
        let g = Tile<T>(rows, cols, layout) { T(sample($0 + 9)) }
        var y = Tile<T>(rows, cols, .gaps) { _ in 0 }
        var dx = y
        y.write { y in x.read { forward(rows, cols, y, cols + 3, $0, x.row, x.col, 0.1) } }
        dx.write { dx in
          x.read { x in
            g.read { g in
              let (row, col) = layout.strides(rows, cols)
              backward(rows, cols, dx, cols + 3, x, row, col, g, row, col, 0.1)
            }
          }
        }
        for r in 0..<rows {
          let row = (0..<cols).map { Double(x[r, $0]) }
          let above = (0..<cols).map { Double(g[r, $0]) }
          let count = Double(cols)
          let mean = row.reduce(0, +) / count
          let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
          let scale = 1 / (variance + 0.1).squareRoot()
          let want = row.map { ($0 - mean) * scale }
          let shift = above.reduce(0, +) / count
          let share = zip(above, want).reduce(0) { $0 + $1.0 * $1.1 } / count
          for c in 0..<cols {
            #expect(abs(Double(y[r, c]) - want[c]) < limit, "\(rows) x \(cols) \(layout)")
            let slope = (above[c] - shift - want[c] * share) * scale
            #expect(abs(Double(dx[r, c]) - slope) < 4 * limit, "\(rows) x \(cols) \(layout)")
          }
        }
      }
    }
  }
}

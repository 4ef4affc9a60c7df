import CKernels
import Testing

typealias MatrixVectorKernel =
  @convention(c) (
    UnsafePointer<dlc_gemm_shape>, Int, Int, In, In, In?, Int, Int, Out, Int32
  ) -> Void

/// A matrix times one column against sums in double, for rows and sums of every length about a
/// vector's, however the matrix lies; and the same bits for any split of the rows.
@Suite struct MatrixVectorTests {
  /// How A lies: its sum along memory, its rows along memory, or neither.
  enum Layout: CaseIterable { case sums, rows, spread }

  private func shape(
    _ layout: Layout, _ rows1: Int, _ rows: Int, _ k2: Int, _ k1: Int, _ k: Int
  ) -> dlc_gemm_shape {
    let all = k2 * k1 * k
    var g = dlc_gemm_shape()
    (g.k2, g.k1, g.k) = (k2, k1, k)
    (g.b2, g.b1, g.b) = (k1 * k, k, 1)
    switch layout {
    case .sums:
      // Rows overlap as those of a convolution do; the pieces of the sum leave gaps.
      (g.a2, g.a1, g.a, g.ar, g.ar1) = (k1 * (k + 1), k + 1, 1, 3, all + 5)
    case .rows: (g.a2, g.a1, g.a, g.ar, g.ar1) = (k1 * k * rows, k * rows, rows, 1, all * rows)
    case .spread: (g.a2, g.a1, g.a, g.ar, g.ar1) = (k1 * k * 2, k * 2, 2, all * 2, all * 2 * rows)
    }
    (g.cr, g.cr1) = (2, 2 * rows)
    return g
  }

  private func run<T: Element & BinaryFloatingPoint>(
    _ kernel: MatrixVectorKernel, _ g: dlc_gemm_shape, _ rows1: Int, _ rows: Int, _ a: [T],
    _ b: [T], _ start: [T]?, isCutOff: Bool, splitAt split: Int
  ) -> [T] {
    var c = [T](repeating: 77, count: 2 * rows1 * rows + 1)
    let size = MemoryLayout<T>.stride
    withUnsafePointer(to: g) { g in
      a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          (start ?? []).withUnsafeBytes { from in
            c.withUnsafeMutableBytes { c in
              for (first, count) in [(0, split), (split, rows - split)] {
                kernel(
                  g, rows1, count, a.baseAddress! + first * g.pointee.ar * size, b.baseAddress!,
                  start == nil ? nil : from.baseAddress! + first * size, rows, 1,
                  c.baseAddress! + first * 2 * size, isCutOff ? 1 : 0)
              }
            }
          }
        }
      }
    }
    return c
  }

  @Test(arguments: instructionSets) func sums(_ isa: Int32) throws {
    try sums(isa, Float.self)
    try sums(isa, Double.self)
  }

  private func sums<T: Element & BinaryFloatingPoint>(_ isa: Int32, _ type: T.Type) throws {
    let kernel: MatrixVectorKernel = try kernel("brgemv_\(T.suffix)", isa)
    let lanes = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee.lanes
    for layout in Layout.allCases {
      for (rows1, rows) in [(1, 0), (1, 1), (2, 7), (1, 8), (1, lanes), (1, 2 * lanes + 3)] {
        for (k2, k1, k) in [(1, 1, 0), (1, 1, 1), (3, 2, 5), (1, 3, lanes), (1, 1, 4 * lanes + 7)] {
          let g = shape(layout, rows1, rows, k2, k1, k)
          let reach =
            max(0, rows1 - 1) * g.ar1 + max(0, rows - 1) * g.ar + max(0, k2 - 1) * g.a2
            + max(0, k1 - 1) * g.a1 + max(0, k - 1) * g.a + 1
          // Exactly as much as is read: reading on would show in the sanitized build.
          let a = (0..<reach).map { T(sample: sample($0 &* 7 &+ 1, range: 1)) }
          let b = (0..<max(1, k2 * k1 * k)).map { T(sample: sample($0 &* 5 &+ 3, range: 1)) }
          let start = (0..<max(1, rows1 * rows)).map { T(sample: sample($0 &* 3, range: 1)) }
          for (begun, isCutOff) in [(nil, false), (start, false), (start, true)] {
            let whole = run(
              kernel, g, rows1, rows, a, b, begun, isCutOff: isCutOff, splitAt: rows)
            let split = run(
              kernel, g, rows1, rows, a, b, begun, isCutOff: isCutOff, splitAt: rows / 3)
            let context = "\(T.suffix) on \(isaName(isa)): \(layout), \(rows1) x \(rows), \(g)"
            #expect(whole == split, "\(context)")
            for r1 in 0..<rows1 {
              for r in 0..<rows {
                var sum = begun.map { Double($0[r1 * rows + r]) } ?? 0
                var size = abs(sum)
                for p2 in 0..<k2 {
                  for p1 in 0..<k1 {
                    for p in 0..<k {
                      let at = r1 * g.ar1 + r * g.ar + p2 * g.a2 + p1 * g.a1 + p * g.a
                      let term = Double(a[at]) * Double(b[(p2 * k1 + p1) * k + p])
                      sum += term
                      size += abs(term)
                    }
                  }
                }
                let found = Double(whole[r1 * g.cr1 + r * g.cr])
                let wanted = isCutOff ? max(0, sum) : sum
                let bound = size * Double(T.ulpOfOne) * Double(k2 * k1 * k + 2)
                #expect(abs(found - wanted) <= bound, "\(context), row \(r1), \(r)")
                #expect(whole[r1 * g.cr1 + r * g.cr + 1] == 77, "\(context): wrote beside its row")
              }
            }
          }
        }
      }
    }
  }
}

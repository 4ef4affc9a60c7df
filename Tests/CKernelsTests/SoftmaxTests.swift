import CKernels
import Foundation
import Testing

/// The passes of a softmax and its cross-entropy over whole rows, against their definitions.
@Suite struct SoftmaxTests {
  typealias ExponentialKernel =
    @convention(c) (Int, Int, Out, Int, Out, Int, In, Int, Int, In, Int, Int) -> Void
  typealias PickKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int, In, Int, Int) -> Void
  typealias PickSubKernel =
    @convention(c) (Int, Int, Out, Int, In, Int, Int, In, Int, Int, In, Int, Int) -> Void
  typealias MulAddAtKernel =
    @convention(c) (
      Int, Int, Out, Int, In, Int, Int, In, Int, Int, In, Int, Int, In, Int, Int
    ) -> Void

  /// The exponentials are those of the two kernels it stands for, to the bit, and so is their sum.
  @Test(arguments: instructionSets) func exponentialsAndTheirSums(_ isa: Int32) throws {
    try exponentials(isa, Float.self)
    try exponentials(isa, Double.self)
  }

  private func exponentials<T: Element & BinaryFloatingPoint>(
    _ isa: Int32, _ type: T.Type
  ) throws {
    let both: ExponentialKernel = try kernel("exp_sub_sum_\(T.suffix)", isa)
    let sub: BinaryKernel = try kernel("sub_\(T.suffix)", isa)
    let exp: UnaryKernel = try kernel("exp_\(T.suffix)", isa)
    let sum: @convention(c) (Int, Int, Out, Int, In, Int, Int, Int32) -> Void =
      try kernel("sum_rows_\(T.suffix)", isa)
    for (rows, cols) in tileSizes + [(3, 4096)] {
      for layout in [Layout.dense, .gaps, .strided, .transposed] {
        let a = Tile<T>(rows, cols, layout) { T(sample($0, range: 30)) }
        let m = (0..<max(1, rows)).map { T(sample($0 + 7)) }
        var wanted = Tile<T>(rows, cols, .gaps) { T(-$0) }
        var got = wanted
        var (sums, given) = ([T](repeating: 3, count: 2 * rows), [T](repeating: 3, count: 2 * rows))
        let (row, col) = layout.strides(rows, cols)
        a.read { a in
          wanted.write { sub(rows, cols, $0, cols + 3, a, row, col, m, 1, 0) }
          wanted.write { exp(rows, cols, $0, cols + 3, UnsafeRawPointer($0), cols + 3, 1) }
          wanted.read { sum(rows, cols, &sums, 2, $0, cols + 3, 1, 0) }
          got.write { both(rows, cols, $0, cols + 3, &given, 2, a, row, col, m, 1, 0) }
        }
        let isSame = got.storage == wanted.storage && given == sums
        #expect(isSame, "\(T.suffix) on \(isaName(isa)): \(rows) x \(cols), \(layout)")
      }
    }
  }

  @Test(arguments: instructionSets) func labels(_ isa: Int32) throws {
    try labels(isa, Float.self, Int32.self)
    try labels(isa, Float.self, Int64.self)
    try labels(isa, Double.self, Int32.self)
    try labels(isa, Double.self, Int64.self)
  }

  /// Labels from -2 to two beyond the columns, and far outside.
  private func labels<T: Element & BinaryFloatingPoint, I: Element & FixedWidthInteger>(
    _ isa: Int32, _ type: T.Type, _ index: I.Type
  ) throws {
    let suffix = "\(T.suffix)_\(I.suffix)"
    let pick: PickKernel = try kernel("pick_rows_\(suffix)", isa)
    let pickSub: PickSubKernel = try kernel("pick_sub_rows_\(suffix)", isa)
    let at: MulAddAtKernel = try kernel("muladd_at_\(suffix)", isa)
    for (rows, cols) in tileSizes + [(9, 4), (3, 4096)] {
      for layout in [Layout.dense, .gaps, .strided, .transposed] {
        let a = Tile<T>(rows, cols, layout) { T(sample($0).rounded()) }
        // Sums of small whole numbers are exact, whether or not a product is rounded before.
        let b = (0..<max(1, rows)).map { T(sample($0 + 7).rounded()) }
        let c = (0..<max(1, rows)).map { T(sample($0 + 70).rounded()) }
        var label = (0..<max(1, rows)).map { I($0 % (cols + 5) - 2) }
        if rows > 2 { (label[0], label[1]) = (I.max, I.min) }
        var (picked, less) = ([T](repeating: 9, count: rows), [T](repeating: 9, count: rows))
        var sums = Tile<T>(rows, cols, .gaps) { T(-$0) }
        let before = sums
        let (row, col) = layout.strides(rows, cols)
        a.read { a in
          pick(rows, cols, &picked, 1, a, row, col, label, 1, 0)
          pickSub(rows, cols, &less, 1, a, row, col, b, 1, 0, label, 1, 0)
          sums.write {
            at(rows, cols, $0, cols + 3, b, 1, 0, a, row, col, c, 1, 0, label, 1, 0)
          }
        }
        var isRight = sums.sameOutside(before)
        for r in 0..<rows {
          let isColumn = (0..<cols).contains(Int(clamping: label[r]))
          let value = isColumn ? a[r, Int(label[r])] : 0
          isRight = isRight && picked[r] == value && less[r] == (isColumn ? value - b[r] : 0)
          for column in 0..<cols {
            let own = isColumn && Int(label[r]) == column ? c[r] : 0
            isRight = isRight && sums[r, column] == b[r] * a[r, column] + own
          }
        }
        #expect(isRight, "\(suffix) on \(isaName(isa)): \(rows) x \(cols), \(layout)")
      }
    }
  }

  /// The product may lie in the place of its second factor.
  @Test(arguments: instructionSets) func multipliesInPlace(_ isa: Int32) throws {
    let at: MulAddAtKernel = try kernel("muladd_at_f32_i64", isa)
    var tile: [Float] = (0..<60).map(Float.init)
    let (b, c): ([Float], [Float]) = ([2, 3, 4], [100, 200, 300])
    tile.withUnsafeMutableBytes {
      let place = $0.baseAddress!
      at(3, 20, place, 20, b, 1, 0, place, 20, 1, c, 1, 0, [5, 25, 0] as [Int64], 1, 0)
    }
    var want = (0..<60).map { Float($0) * b[$0 / 20] }
    want[5] += 100
    want[40] += 300
    #expect(tile == want)
  }
}

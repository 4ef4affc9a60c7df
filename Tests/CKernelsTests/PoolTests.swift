import CKernels
import Testing

private typealias Reduce =
  @convention(c) (Int, Int, Out, Int, In, Int, Int, Int, UnsafePointer<Int>) -> Void
private typealias Spread =
  @convention(c) (Int, Int, Out, Int, Int, In, Int, Int, Int, UnsafePointer<Int>) -> Void
private typealias Gradient =
  @convention(c) (
    Int, Int, Out, Int, Int, In, Int, Int, In, Int, Int, Int, UnsafePointer<Int>,
    UnsafePointer<Int>, Int32
  ) -> Void

/// Windows of 2 x 2 that touch, rows of windows along rows of memory: a tile of places whose
/// elements lie at 0, 1, `next` and `next` + 1 steps of the columns' stride.
@Suite struct PoolTests {
  /// Columns next to each other (channels last) and columns that are windows themselves.
  enum Order: CaseIterable { case channelsLast, channelsFirst }

  /// Around the 16 columns that go at once.
  static let sizes = [(0, 5), (3, 0), (1, 1), (2, 15), (3, 16), (2, 17), (1, 47), (5, 3)]

  struct Layout {
    let rows: Int
    let cols: Int
    /// Strides from place to place in the large tensor, and where a window's elements are.
    let row: Int
    let col: Int
    let at: [Int]
    let count: Int

    init(_ rows: Int, _ cols: Int, _ order: Order) {
      (self.rows, self.cols) = (rows, cols)
      switch order {
      case .channelsLast:
        // Places (row, channel); a window is two pixels of two image rows.
        (row, col) = (2 * cols, 1)
        at = [0, cols, 2 * rows * cols, 2 * rows * cols + cols]
      case .channelsFirst:
        (row, col) = (4 * cols, 2)
        at = [0, 1, 2 * cols, 2 * cols + 1]
      }
      count = 4 * rows * cols
    }

    func place(_ r: Int, _ c: Int, _ i: Int) -> Int { r * row + c * col + at[i] }
  }

  @Test(arguments: instructionSets, Order.allCases)
  func reduces(_ isa: Int32, _ order: Order) throws {
    try reduces(Float.self, isa, order)
    try reduces(Double.self, isa, order)
  }

  private func reduces<T: Element & BinaryFloatingPoint>(
    _ type: T.Type, _ isa: Int32, _ order: Order
  ) throws {
    let max = try kernel("pool_max_\(T.suffix)", isa, as: Reduce.self)
    let sum = try kernel("pool_sum_\(T.suffix)", isa, as: Reduce.self)
    for (rows, cols) in Self.sizes {
      let layout = Layout(rows, cols, order)
      var x = (0..<layout.count).map { T(sample: sample($0)) }
      if layout.count > 4 { x[layout.count / 2] = .nan }
      for (kernel, combine) in [
        (max, { (a: T, b: T) -> T in b > a || b.isNaN ? b : a }), (sum, { $0 + $1 }),
      ] {
        var d = [T](repeating: 7, count: rows * cols + 1)
        kernel(rows, cols, &d, cols, x, layout.row, layout.col, 4, layout.at)
        for r in 0..<rows {
          for c in 0..<cols {
            let values = (0..<4).map { x[layout.place(r, c, $0)] }
            let expected = values.dropFirst().reduce(values[0], combine)
            let got = d[r * cols + c]
            #expect(got == expected || got.isNaN && expected.isNaN, "\(rows)x\(cols), \(order)")
          }
        }
        #expect(d[rows * cols] == 7)
      }
    }
  }

  @Test(arguments: instructionSets, Order.allCases)
  func spreadsAndSharesGradients(_ isa: Int32, _ order: Order) throws {
    let spread = try kernel("pool_spread_f32", isa, as: Spread.self)
    let gradient = try kernel("pool_max_grad_f32", isa, as: Gradient.self)
    for (rows, cols) in Self.sizes {
      let layout = Layout(rows, cols, order)
      let small = (0..<rows * cols).map { Float(sample: sample($0 + 5)) }
      // Few different values, so that windows have equal elements.
      let x = (0..<layout.count).map { Float(sample: sample($0).rounded()) }
      var copies = [Float](repeating: 7, count: layout.count + 1)
      spread(rows, cols, &copies, layout.row, layout.col, small, cols, 1, 4, layout.at)
      var given = [Float](repeating: 7, count: layout.count + 1)
      gradient(
        rows, cols, &given, layout.row, layout.col, small, cols, 1, x, layout.row, layout.col, 4,
        layout.at, layout.at, 0)
      var added = [Float](repeating: 1, count: layout.count)
      gradient(
        rows, cols, &added, layout.row, layout.col, small, cols, 1, x, layout.row, layout.col, 4,
        layout.at, layout.at, 1)
      for r in 0..<rows {
        for c in 0..<cols {
          let g = small[r * cols + c]
          let places = (0..<4).map { layout.place(r, c, $0) }
          let largest = places.map { x[$0] }.max()
          let first = places.firstIndex { x[$0] == largest }
          for (i, place) in places.enumerated() {
            #expect(copies[place] == g, "\(rows)x\(cols), \(order)")
            #expect(given[place] == (i == first ? g : 0), "\(rows)x\(cols), \(order)")
            #expect(added[place] == (i == first ? 1 + g : 1), "\(rows)x\(cols), \(order)")
          }
        }
      }
      #expect(copies[layout.count] == 7 && given[layout.count] == 7)
    }
  }
}

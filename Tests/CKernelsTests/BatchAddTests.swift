import CKernels
import Testing

typealias BatchAddKernel =
  @convention(c) (
    UnsafePointer<dlc_gemm_shape>, Int, Int, Int, In, In, In?, Int, Int, Out, Int32,
    UnsafePointer<dlc_ahead>?
  ) -> Void

/// Products that begin with a bias or a residual, end with relu and bring memory near meanwhile:
/// bit for bit the loops over single elements.
@Suite struct BatchAddTests {
  /// What the sums begin with, from element 1 on, and its strides; none for zero.
  struct Start<T: Element & BinaryFloatingPoint> {
    let values: [T]?
    let rowStride1: Int
    let rowStride: Int

    /// All there is: nothing, a bias, a residual wider than the result.
    static func all(_ rows1: Int, _ rows: Int, _ cols: Int) -> [Start] {
      func numbers(_ count: Int) -> [T] {
        (0...count).map { T(sample: sample($0 &* 17 &+ 5, range: 1)) }
      }
      let width = cols + 2
      return [
        Start(values: nil, rowStride1: 0, rowStride: 0),
        Start(values: numbers(cols), rowStride1: 0, rowStride: 0),
        Start(
          values: numbers(rows1 * rows * width), rowStride1: rows * width, rowStride: width),
      ]
    }
  }

  typealias Case = BatchProductTests.Case

  private func wanted<T>(
    _ test: Case<T>, _ start: Start<T>, isCutOff: Bool, fused: Bool
  ) -> [T] {
    var begun = test
    let g = test.shape
    for r1 in 0..<test.rows1 {
      for r in 0..<test.rows {
        for j in 0..<test.cols {
          let from = 1 + r1 * start.rowStride1 + r * start.rowStride + j
          begun.c[1 + r1 * g.cr1 + r * g.cr + j] = start.values.map { $0[from] } ?? 0
        }
      }
    }
    var result = begun.wanted(true, fused: fused)
    guard isCutOff else { return result }
    for r1 in 0..<test.rows1 {
      for r in 0..<test.rows {
        for j in 0..<test.cols {
          let at = 1 + r1 * g.cr1 + r * g.cr + j
          if result[at] < 0 { result[at] = 0 }
        }
      }
    }
    return result
  }

  private func result<T>(
    _ kernel: BatchAddKernel, _ test: Case<T>, _ start: Start<T>, isCutOff: Bool,
    ahead: UnsafePointer<dlc_ahead>?
  ) -> [T] {
    var c = test.c
    let size = MemoryLayout<T>.stride
    withUnsafePointer(to: test.shape) { g in
      test.a.withUnsafeBytes { a in
        test.b.withUnsafeBytes { b in
          (start.values ?? []).withUnsafeBytes { from in
            c.withUnsafeMutableBytes { c in
              kernel(
                g, test.rows1, test.rows, test.cols, a.baseAddress! + size, b.baseAddress! + size,
                start.values == nil ? nil : from.baseAddress! + size, start.rowStride1,
                start.rowStride, c.baseAddress! + size, isCutOff ? 1 : 0, ahead)
            }
          }
        }
      }
    }
    return c
  }

  /// Regions of memory that ends where they do, of no rows and of none at all.
  private static func regions(_ memory: UnsafeRawPointer) -> [dlc_ahead] {
    func ahead(_ regions: Int, _ rows: Int, _ bytes: Int) -> dlc_ahead {
      var ahead = dlc_ahead()
      (ahead.regions, ahead.reads) = (regions, rows % 3)
      ahead.rows = (rows, rows, rows / 2, rows + 1, 0, 0)
      ahead.bytes = (bytes, bytes, bytes, bytes / 2, 0, 0)
      (ahead.at.0, ahead.at.1, ahead.at.2, ahead.at.3) = (memory, memory + 3, memory + 64, memory)
      (ahead.stride.0, ahead.stride.1, ahead.stride.2, ahead.stride.3) = (128, 0, 72, 256)
      return ahead
    }
    return [ahead(1, 1, 1), ahead(4, 3, 100), ahead(2, 5, 64), ahead(2, 0, 64), ahead(1, 2, 0)]
  }

  @Test(arguments: instructionSets) func edges(_ isa: Int32) throws {
    try edges(isa, Float.self)
    try edges(isa, Double.self)
  }

  private func edges<T: Element & BinaryFloatingPoint>(_ isa: Int32, _ type: T.Type) throws {
    let product: BatchAddKernel = try kernel("brgemm_add_\(T.suffix)", isa)
    let tile = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee
    let near = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 64)
    defer { near.deallocate() }
    for (rows1, rows) in [(0, 3), (1, 0), (1, 1), (1, tile.mr), (3, tile.mr + 1), (2, 5)] {
      for cols in [0, 1, tile.lanes, tile.nr - 1, tile.nr, 2 * tile.nr + 3] {
        for (k2, k1, k) in [(1, 1, 0), (1, 1, 1), (3, 2, 5), (1, 1, 37)] {
          let all = k2 * k1 * k
          let shape = dlc_gemm_shape(
            k2: k2, k1: k1, k: k, a2: k1 * k, a1: k, a: 1, b2: k1 * k * cols, b1: k * cols,
            b: cols, ar1: rows * all, cr1: rows * cols, ar: all, cr: cols)
          let test = Case<T>(shape, rows1, rows, cols)
          for start in Start<T>.all(rows1, rows, cols) {
            for isCutOff in [false, true] {
              let want = wanted(
                test, start, isCutOff: isCutOff, fused: BatchProductTests.isFused(isa))
              let context: String =
                "\(T.suffix) on \(isaName(isa)): \(rows1) x \(rows) x \(cols), \(shape)"
              let plain = result(product, test, start, isCutOff: isCutOff, ahead: nil)
              #expect(plain == want, "\(context)")
              for var region in Self.regions(near) {
                let same = result(product, test, start, isCutOff: isCutOff, ahead: &region)
                #expect(same == want, "\(context), \(region) ahead")
              }
            }
          }
        }
      }
    }
  }

  /// A sum that is not a number stays one; zero keeps what is there from being cut off twice.
  @Test(arguments: instructionSets) func notANumberPassesTheCut(_ isa: Int32) throws {
    let product: BatchAddKernel = try kernel("brgemm_add_f32", isa)
    var shape = dlc_gemm_shape()
    (shape.k2, shape.k1, shape.k, shape.a, shape.b, shape.ar, shape.cr) = (1, 1, 1, 1, 3, 1, 3)
    let start: [Float] = [.nan, -.infinity, .infinity]
    var c = [Float](repeating: 7, count: 3)
    product(&shape, 1, 1, 3, [Float(0)], [Float](repeating: 1, count: 3), start, 0, 0, &c, 1, nil)
    #expect(c[0].isNaN)
    #expect(Array(c[1...]) == [0, .infinity])
  }
}

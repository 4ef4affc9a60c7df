import CKernels
import Foundation
import Testing

typealias BatchKernel =
  @convention(c) (UnsafePointer<dlc_gemm_shape>, Int, Int, Int, In, In, Out, Int32) -> Void
typealias BatchPackKernel = @convention(c) (UnsafePointer<dlc_pack_shape>, Int, Out, In) -> Void

/// The products summed over three axes, bit for bit against loops over single elements.
@Suite struct BatchProductTests {
  /// Where A, B and C of a case lie: strides as in `dlc_gemm_shape`, with the sizes of the case.
  struct Case<T: Element & BinaryFloatingPoint> {
    var shape: dlc_gemm_shape
    var rows1: Int
    var rows: Int
    var cols: Int
    var a: [T] = []
    var b: [T] = []
    var c: [T] = []

    init(_ shape: dlc_gemm_shape, _ rows1: Int, _ rows: Int, _ cols: Int) {
      (self.shape, self.rows1, self.rows, self.cols) = (shape, rows1, rows, cols)
      let k = [shape.k2, shape.k1, shape.k]
      a = Self.numbers([rows1, rows] + k, [shape.ar1, shape.ar, shape.a2, shape.a1, shape.a], 1)
      b = Self.numbers([cols] + k, [1, shape.b2, shape.b1, shape.b], 7)
      c = Self.numbers([rows1, rows, cols], [shape.cr1, shape.cr, 1], 3)
    }

    /// Just enough numbers for these axes, one more in front to spoil the alignment.
    private static func numbers(_ sizes: [Int], _ strides: [Int], _ seed: Int) -> [T] {
      let last = sizes.contains(0) ? 0 : zip(sizes, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
      return (0...last + 1).map { T(sample: sample($0 &* 31 &+ seed, range: 1)) }
    }

    /// C as the definition has it; the plain kernels round product and sum.
    func wanted(_ accumulate: Bool, fused: Bool) -> [T] {
      var d = c
      let g = shape
      for r1 in 0..<rows1 {
        for r in 0..<rows {
          for j in 0..<cols {
            let at = 1 + r1 * g.cr1 + r * g.cr + j
            var sum: T = accumulate ? d[at] : 0
            for p2 in 0..<g.k2 {
              for p1 in 0..<g.k1 {
                for p in 0..<g.k {
                  let x = a[1 + r1 * g.ar1 + r * g.ar + p2 * g.a2 + p1 * g.a1 + p * g.a]
                  let y = b[1 + p2 * g.b2 + p1 * g.b1 + p * g.b + j]
                  sum = fused ? sum.addingProduct(x, y) : sum + x * y
                }
              }
            }
            d[at] = sum
          }
        }
      }
      return d
    }

    func result(_ kernel: BatchKernel, _ accumulate: Bool) -> [T] {
      var d = c
      let size = MemoryLayout<T>.stride
      withUnsafePointer(to: shape) { g in
        a.withUnsafeBytes { a in
          b.withUnsafeBytes { b in
            d.withUnsafeMutableBytes { d in
              kernel(
                g, rows1, rows, cols, a.baseAddress! + size, b.baseAddress! + size,
                d.baseAddress! + size, accumulate ? 1 : 0)
            }
          }
        }
      }
      return d
    }
  }

  static func isFused(_ isa: Int32) -> Bool {
    #if arch(arm64)
      return true
    #else
      return isa != Int32(DLC_ISA_PLAIN)
    #endif
  }

  @Test(arguments: instructionSets) func edges(_ isa: Int32) throws {
    try edges(isa, Float.self)
    try edges(isa, Double.self)
  }

  private func edges<T: Element & BinaryFloatingPoint>(_ isa: Int32, _ type: T.Type) throws {
    let product: BatchKernel = try kernel("brgemm_\(T.suffix)", isa)
    let tile = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee
    #expect(tile.nr % tile.lanes == 0)
    let columns = [
      0, 1, tile.lanes - 1, tile.lanes, tile.lanes + 1, tile.nr - 1, tile.nr, tile.nr + 1,
      2 * tile.nr + 3,
    ]
    for (rows1, rows) in [
      (0, 3), (1, 0), (1, 1), (1, tile.mr - 1), (1, tile.mr), (3, tile.mr + 1),
      (2, 2 * tile.mr + 3),
    ] {
      for cols in columns {
        for (k2, k1, k) in [(1, 1, 0), (0, 2, 3), (1, 1, 1), (1, 1, 37), (3, 2, 5), (2, 1, 3)] {
          for shape in shapes(rows1, rows, cols, k2, k1, k, tile.nr) {
            let test = Case<T>(shape, rows1, rows, cols)
            for accumulate in [false, true] {
              let want = test.wanted(accumulate, fused: Self.isFused(isa))
              #expect(
                test.result(product, accumulate) == want,
                "\(T.suffix) on \(isaName(isa)): \(rows1) x \(rows) x \(cols), \(shape)")
            }
          }
        }
      }
    }
  }

  /// Row-major without gaps, A transposed with a panel as B, windows of an image, odd strides.
  private func shapes(
    _ rows1: Int, _ rows: Int, _ cols: Int, _ k2: Int, _ k1: Int, _ k: Int, _ nr: Int
  ) -> [dlc_gemm_shape] {
    let all = k2 * k1 * k
    let width = max(cols, nr)
    let line = 2 * (rows + k1) * k
    return [
      dlc_gemm_shape(
        k2: k2, k1: k1, k: k, a2: k1 * k, a1: k, a: 1, b2: k1 * k * cols, b1: k * cols, b: cols,
        ar1: rows * all, cr1: rows * cols, ar: all, cr: cols),
      dlc_gemm_shape(
        k2: k2, k1: k1, k: k, a2: k1 * k * rows, a1: k * rows, a: rows, b2: k1 * k * width,
        b1: k * width, b: width, ar1: all * rows, cr1: rows * (cols + 1), ar: 1, cr: cols + 1),
      dlc_gemm_shape(
        k2: k2, k1: k1, k: k, a2: line, a1: k, a: 1, b2: k1 * k * width, b1: k * width, b: width,
        ar1: line, cr1: rows * cols + 2, ar: 2 * k, cr: cols),
      dlc_gemm_shape(
        k2: k2, k1: k1, k: k, a2: 3, a1: 11, a: 5, b2: cols + 3, b1: 0, b: 2 * cols + 1,
        ar1: 1, cr1: cols + 5, ar: 7, cr: rows1 * (cols + 5)),
    ]
  }

  /// Outer rows, rows and columns may be cut anywhere, the sum at any place in order.
  @Test(arguments: instructionSets) func splitsKeepTheBits(_ isa: Int32) throws {
    let product: BatchKernel = try kernel("brgemm_f32", isa)
    let (rows1, rows, cols, k2, k1, k) = (3, 29, 75, 3, 2, 9)
    let shape = dlc_gemm_shape(
      k2: k2, k1: k1, k: k, a2: 700, a1: 11, a: 1, b2: k1 * k * cols, b1: k * cols, b: cols,
      ar1: 350, cr1: rows * cols, ar: 10, cr: cols)
    let test = Case<Float>(shape, rows1, rows, cols)
    let whole = test.result(product, false)
    var parts = test.c
    var inner = shape
    inner.k2 = 1
    test.a.withUnsafeBufferPointer { a in
      test.b.withUnsafeBufferPointer { b in
        parts.withUnsafeMutableBufferPointer { c in
          for (o0, o1) in [(0, 1), (1, 3)] {
            for (r0, r1) in [(0, 5), (5, 6), (6, 29)] {
              for (j0, j1) in [(0, 1), (1, 40), (40, 75)] {
                for p2 in 0..<k2 {
                  product(
                    &inner, o1 - o0, r1 - r0, j1 - j0,
                    a.baseAddress! + 1 + o0 * shape.ar1 + r0 * shape.ar + p2 * shape.a2,
                    b.baseAddress! + 1 + p2 * shape.b2 + j0,
                    c.baseAddress! + 1 + o0 * shape.cr1 + r0 * shape.cr + j0, p2 > 0 ? 1 : 0)
                }
              }
            }
          }
        }
      }
    }
    #expect(parts == whole)
  }

  /// B and C end where memory does: touching anything beyond would be a fault.
  @Test(arguments: instructionSets) func nothingBeyondTheColumnsIsTouched(_ isa: Int32) throws {
    let product: BatchKernel = try kernel("brgemm_f32", isa)
    let tile = dlc_gemm_tile(isa, 4).pointee
    let (b, c) = (try EndOfMemory(), try EndOfMemory())
    for cols in 1...tile.nr + 1 {
      var shape = dlc_gemm_shape()
      (shape.k2, shape.k1, shape.k, shape.a, shape.b) = (1, 1, 3, 1, cols)
      (shape.ar, shape.cr) = (3, cols)
      let a = [Float](repeating: 1, count: 6)
      let (from, to) = (b.floats(3 * cols), c.floats(2 * cols))
      for i in 0..<3 * cols { from[i] = Float(i) }
      for accumulate in [Int32(0), 1] { product(&shape, 1, 2, cols, a, from, to, accumulate) }
      for j in 0..<2 * cols { #expect(to[j] == Float(6 * (cols + j % cols)), "\(cols) columns") }
    }
  }

  @Test(arguments: instructionSets) func packing(_ isa: Int32) throws {
    try packing(isa, Float.self)
    try packing(isa, Double.self)
  }

  private func packing<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let pack: BatchPackKernel = try kernel("brpack_b_\(T.suffix)", isa)
    let nr = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee.nr
    for (k2, k1, k) in [(1, 1, 0), (1, 1, 9), (3, 2, 5), (2, 8, 3), (17, 1, 2), (2, 0, 3)] {
      for cols in [1, 3, nr - 1, nr] {
        for width in [cols, cols + 1, nr] where width <= nr {
          for (b2, b1, b, bn) in [
            (k1 * k * cols, k * cols, cols, 1), (k1 * k, k, 1, k2 * k1 * k), (3, 60, 1, 400),
            (1, k2, k2 * k1 + 1, 311), (7, 1, 90, 500), (5, 3, 2, 9),
          ] {
            var g = dlc_pack_shape(
              k2: k2, k1: k1, k: k, b2: b2, b1: b1, b: b, bn: bn, width: width)
            let last = max(k2, 1) * b2 + max(k1, 1) * b1 + max(k, 1) * b + cols * bn
            let input = (0...last + 1).map { T(sample: sample($0 + 2)) }
            let all = k2 * k1 * k
            var panel = [T](repeating: T(sample: 5), count: all * width + 2)
            let size = MemoryLayout<T>.stride
            input.withUnsafeBytes { from in
              panel.withUnsafeMutableBytes {
                pack(&g, cols, $0.baseAddress! + size, from.baseAddress! + size)
              }
            }
            var want = [T](repeating: T(sample: 5), count: 1)
            for p2 in 0..<k2 {
              for p1 in 0..<k1 {
                for p in 0..<k {
                  for j in 0..<width {
                    let at = 1 + p2 * b2 + p1 * b1 + p * b + j * bn
                    want.append(j < cols ? input[at] : T(sample: 0))
                  }
                }
              }
            }
            #expect(
              panel == want + [T(sample: 5)],
              "\(T.suffix) on \(isaName(isa)): \(cols) columns, \(g)")
          }
        }
      }
    }
  }
}

/// Pages whose last byte is the last that may be touched.
final class EndOfMemory {
  private let start: UnsafeMutableRawPointer
  private let size = 16384
  private let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  struct NoMemory: Error {}

  init() throws {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let memory = mmap(nil, size + page, PROT_READ | PROT_WRITE, flags, -1, 0),
      memory != MAP_FAILED
    else { throw NoMemory() }
    start = memory
    guard mprotect(memory + size, page, PROT_NONE) == 0 else { throw NoMemory() }
  }

  deinit { munmap(start, size + page) }

  /// The last `count` floats before the end.
  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    (start + size - 4 * count).bindMemory(to: Float.self, capacity: count)
  }
}

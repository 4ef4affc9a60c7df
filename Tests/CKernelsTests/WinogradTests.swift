import CKernels
import Testing

typealias WinogradPackKernel =
  @convention(c) (UnsafePointer<dlc_pack_shape>, Int, Out, In, Out) -> Void
typealias WinogradKernel =
  @convention(c) (
    UnsafePointer<dlc_winograd_shape>, Int, Int, Int, In, In, In?, Int, Int, Out, Int32,
    UnsafePointer<dlc_ahead>?, Out
  ) -> Void
typealias WinogradGradientKernel =
  @convention(c) (UnsafePointer<dlc_winograd_gradient_shape>, Int, Int, In, In, Out, Out) -> Void

/// Convolutions of 3 x 3 by Winograd's minimal filtering. Of small integers all that they compute
/// is exact, so that they have to equal the sums of products; of other numbers they come near.
@Suite struct WinogradTests {
  /// An image or a kernel, from element 1 on so that nothing is aligned, with gaps.
  struct Numbers<T: Element & BinaryFloatingPoint> {
    var values: [T]

    init(_ count: Int, _ value: (Int) -> Double) {
      values = (0..<count + 2).map { T(sample: value($0)) }
    }

    /// Integers from -3 to 3.
    static func integers(_ count: Int, _ seed: Int) -> Numbers {
      Numbers(count) { Double((($0 &+ seed) &* 7919 % 104_729) % 7 - 3) }
    }

    /// Not numbers, of which none may stay where there are results and none go elsewhere.
    static func untouched(_ count: Int) -> Numbers { Numbers(count) { _ in 12345 } }

    func read<R>(_ body: (In) -> R) -> R {
      values.withUnsafeBytes { body($0.baseAddress! + MemoryLayout<T>.stride) }
    }

    mutating func write<R>(_ body: (Out) -> R) -> R {
      values.withUnsafeMutableBytes { body($0.baseAddress! + MemoryLayout<T>.stride) }
    }

    subscript(_ index: Int) -> T {
      get { values[index + 1] }
      set { values[index + 1] = newValue }
    }
  }

  /// What a call needs beside its operands, filled with what would show.
  static func spare<T: Element & BinaryFloatingPoint>(
    _ tiles: Int, _ channels: Int, _ cols: Int, more: Int = 0
  ) -> Numbers<T> {
    let side = max(channels, cols)
    return Numbers(16 * (tiles * (channels + cols) + side + 96 + more)) { _ in .nan }
  }

  struct Sizes {
    let rows: Int
    let width: Int
    let channels: Int
    let cols: Int
    /// Zeros before and behind the image, in rows and in places.
    var low = (0, 0)
    var high = (0, 0)

    /// Sizes of the image itself.
    var height: Int { rows + 2 - low.0 - high.0 }
    var places: Int { width + 2 - low.1 - high.1 }

    /// Where in an image with these strides an element is; nil among the zeros.
    func place(_ r: Int, _ q: Int, _ x1: Int, _ x2: Int) -> Int? {
      let (row, place) = (r - low.0, q - low.1)
      guard (0..<height).contains(row), (0..<places).contains(place) else { return nil }
      return row * x1 + place * x2
    }
  }

  /// Images of less than a tile, of whole ones and of some more, with channels and filters around
  /// the vectors and the register tile.
  static func sizes(_ tile: dlc_tile) -> [Sizes] {
    var all: [Sizes] = []
    for (rows, width) in [(0, 3), (1, 1), (2, 2), (3, 4), (2, 7), (5, 3), (6, 30)] {
      let isLarge = rows * width > 100
      for channels in isLarge ? [3] : [1, tile.lanes - 1, tile.lanes, tile.lanes + 1] {
        for cols in isLarge ? [5] : [1, tile.lanes, tile.nr - 1, tile.nr + 1, 2 * tile.nr + 3] {
          all.append(Sizes(rows: rows, width: width, channels: channels, cols: cols))
          guard rows > 1, width > 1 else { continue }
          all.append(
            Sizes(
              rows: rows, width: width, channels: channels, cols: cols, low: (1, 1),
              high: (1, 1)))
          all.append(
            Sizes(
              rows: rows, width: width, channels: channels, cols: cols, low: (2, 0),
              high: (0, rows % 3)))
        }
      }
    }
    return all
  }

  // MARK: - Convolution

  @Test(arguments: instructionSets) func convolutions(_ isa: Int32) throws {
    try convolutions(isa, Float.self)
    try convolutions(isa, Double.self)
  }

  private func convolutions<T: Element & BinaryFloatingPoint>(_ isa: Int32, _: T.Type) throws {
    let tile = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee
    for sizes in Self.sizes(tile) {
      for variant in 0..<6 {
        let (hasRelu, start) = (variant % 2 == 1, variant / 2)
        let (got, want): ([T], [T]) = try convolve(isa, sizes, relu: hasRelu, start: start) {
          .integers($0, $1)
        }
        #expect(
          got == want, "\(T.suffix) on \(isaName(isa)): \(sizes), start \(start), relu \(hasRelu)")
      }
    }
  }

  /// The result with what is around it, and what it should be. `start`: none, bias or residual.
  private func convolve<T: Element & BinaryFloatingPoint>(
    _ isa: Int32, _ s: Sizes, relu: Bool, start: Int, numbers: (Int, Int) -> Numbers<T>
  ) throws -> (got: [T], want: [T]) {
    let pack: WinogradPackKernel = try kernel("winograd_pack_\(T.suffix)", isa)
    let convolution: WinogradKernel = try kernel("winograd_\(T.suffix)", isa)
    let (x2, y2) = (s.channels + 1, s.cols + 2)
    let (x1, y1) = (s.places * x2 + 3, s.width * y2 + 1)
    let panel = s.cols + 3
    let x = numbers(s.height * x1, 1)
    // Filters, channels, rows, columns, as models keep them.
    let w = numbers(s.cols * s.channels * 9, 2)
    let from = numbers((s.rows + 1) * (y1 + y2), 3)
    let tiles = (s.rows + 1) / 2 * ((s.width + 1) / 2)
    var spare: Numbers<T> = Self.spare(tiles, s.channels, max(s.cols, panel))
    var packed = Numbers<T>(16 * s.channels * panel) { _ in .nan }
    let packShape = dlc_pack_shape(
      k2: 3, k1: 3, k: s.channels, b2: 3, b1: 1, b: 9, bn: 9 * s.channels, width: panel)
    var packSpare = Numbers<T>(9 * s.channels * panel) { _ in .nan }
    packed.write { packed in
      w.read { w in
        packSpare.write { spare in
          withUnsafePointer(to: packShape) { pack($0, s.cols, packed, w, spare) }
        }
      }
    }
    let shape = dlc_winograd_shape(
      width: s.width, channels: s.channels, low1: s.low.0, low2: s.low.1, in1: s.height,
      in2: s.places, x1: x1, x2: x2, y1: y1, y2: y2, panel: panel)
    let origin = -(s.low.0 * x1 + s.low.1 * x2) * MemoryLayout<T>.stride
    var y = Numbers<T>.untouched(s.rows * y1 + y2)
    var want = y
    let (s1, s2) = start == 1 ? (0, 0) : (y1 + 1, y2)
    func call(_ x: In, _ packed: In, _ from: In, _ y: Out, _ spare: Out) {
      var ahead = dlc_ahead()
      (ahead.regions, ahead.rows.0, ahead.bytes.0, ahead.at.0) = (1, 3, 100, x)
      withUnsafePointer(to: shape) { g in
        withUnsafePointer(to: ahead) { ahead in
          convolution(
            g, 0, s.rows, s.cols, x + origin, packed, start == 0 ? nil : from, s1, s2, y,
            relu ? 1 : 0, start == 2 ? ahead : nil, spare)
        }
      }
    }
    x.read { x in
      packed.read { packed in
        from.read { from in y.write { y in spare.write { call(x, packed, from, y, $0) } } }
      }
    }
    for r in 0..<s.rows {
      for q in 0..<s.width {
        for f in 0..<s.cols {
          var sum = start == 0 ? 0 : from[r * s1 + q * s2 + f].double
          for c in 0..<s.channels {
            for tap in 0..<9 {
              guard let at = s.place(r + tap / 3, q + tap % 3, x1, x2) else { continue }
              sum += x[at + c].double * w[(f * s.channels + c) * 9 + tap].double
            }
          }
          want[r * y1 + q * y2 + f] = T(sample: relu ? max(0, sum) : sum)
        }
      }
    }
    return (y.values, want.values)
  }

  /// Relative to the sum of the products' sizes: as near as a sum of so many products is.
  @Test(arguments: instructionSets) func convolutionsAreAccurate(_ isa: Int32) throws {
    for seed in 0..<5 {
      let sizes = Sizes(rows: 8, width: 9, channels: 64, cols: 40)
      let (got, want): ([Float], [Float]) = try convolve(isa, sizes, relu: false, start: 0) {
        count, place in Numbers(count) { sample($0 &* 31 &+ place &+ seed &* 1_000_003, range: 1) }
      }
      let largest = zip(got, want).map { abs($0.double - $1.double) }.max() ?? 0
      // Products of numbers below 1: 576 of them have a root of their squares' sum of 8.
      #expect(largest < 2e-5, "\(isaName(isa)), seed \(seed): \(largest)")
    }
  }

  /// Blocks of rows that begin at even ones, and blocks of columns, give the whole's bits.
  @Test(arguments: instructionSets) func splitsKeepTheBits(_ isa: Int32) throws {
    let convolution: WinogradKernel = try kernel("winograd_f32", isa)
    let (rows, width, channels, cols) = (9, 10, 21, 70)
    func numbers(_ count: Int, _ seed: Int) -> [Float] {
      (0..<count).map { Float(sample($0 &* 31 &+ seed, range: 1)) }
    }
    // Zeros on all sides.
    let x = numbers(rows * width * channels, 1)
    let panel = numbers(16 * channels * cols, 2)
    let shape = dlc_winograd_shape(
      width: width, channels: channels, low1: 1, low2: 1, in1: rows, in2: width,
      x1: width * channels, x2: channels, y1: width * cols, y2: cols, panel: cols)
    var spare = [Float](repeating: .nan, count: 16 * (25 * (channels + cols) + cols + 64))
    func run(_ rowsAtATime: Int, _ colsAtATime: Int) -> [Float] {
      var y = [Float](repeating: 0, count: rows * width * cols)
      for r in stride(from: 0, to: rows, by: rowsAtATime) {
        for f in stride(from: 0, to: cols, by: colsAtATime) {
          let origin = 4 * ((r - 1) * width - 1) * channels
          y.withUnsafeMutableBufferPointer { y in
            x.withUnsafeBytes { x in
              withUnsafePointer(to: shape) { shape in
                convolution(
                  shape, r, min(rowsAtATime, rows - r), min(colsAtATime, cols - f),
                  x.baseAddress! + origin, Array(panel[f...]), nil, 0, 0,
                  y.baseAddress! + r * width * cols + f, 0, nil, &spare)
              }
            }
          }
        }
      }
      return y
    }
    let whole = run(rows, cols)
    #expect(run(2, cols) == whole)
    #expect(run(4, 32) == whole)
    #expect(run(rows, 13) == whole)
  }

  // MARK: - Gradient of the kernel

  @Test(arguments: instructionSets) func gradients(_ isa: Int32) throws {
    try gradients(isa, Float.self)
    try gradients(isa, Double.self)
  }

  private func gradients<T: Element & BinaryFloatingPoint>(_ isa: Int32, _: T.Type) throws {
    let tile = dlc_gemm_tile(isa, Int32(MemoryLayout<T>.size)).pointee
    for sizes in Self.sizes(tile) where sizes.rows > 0 {
      for (images, band) in [(0, 2), (1, 2), (2, 4), (3, 8)] {
        let (got, want): ([T], [T]) = try gradient(isa, sizes, images: images, band: band)
        #expect(got == want, "\(T.suffix) on \(isaName(isa)): \(images) of \(sizes), band \(band)")
      }
    }
  }

  private func gradient<T: Element & BinaryFloatingPoint>(
    _ isa: Int32, _ s: Sizes, images: Int, band: Int
  ) throws -> (got: [T], want: [T]) {
    let gradient: WinogradGradientKernel = try kernel("winograd_gradient_\(T.suffix)", isa)
    let (x2, y2, w2) = (s.channels + 1, s.cols + 2, s.cols + 1)
    let (x1, y1, w1) = (s.places * x2 + 3, s.width * y2 + 1, 3 * w2 + 2)
    let (x0, y0, w0) = (s.height * x1 + 1, s.rows * y1 + 4, 3 * w1)
    let x: Numbers<T> = .integers(images * x0, 1)
    let y: Numbers<T> = .integers(images * y0, 2)
    var w = Numbers<T>.untouched(s.channels * w0)
    var want = w
    let tiles = band / 2 * ((s.width + 1) / 2)
    var spare: Numbers<T> = Self.spare(tiles, s.channels, s.cols, more: s.channels * s.cols)
    let shape = dlc_winograd_gradient_shape(
      images: images, height: s.rows, width: s.width, band: band, low1: s.low.0, low2: s.low.1,
      in1: s.height, in2: s.places, x0: x0, x1: x1, x2: x2, y0: y0, y1: y1, y2: y2, w0: w0, w1: w1,
      w2: w2)
    let origin = -(s.low.0 * x1 + s.low.1 * x2) * MemoryLayout<T>.stride
    x.read { x in
      y.read { y in
        w.write { w in
          spare.write { spare in
            withUnsafePointer(to: shape) { shape in
              gradient(shape, s.channels, s.cols, x + origin, y, w, spare)
            }
          }
        }
      }
    }
    for c in 0..<s.channels {
      for tap in 0..<9 {
        for f in 0..<s.cols {
          var sum = 0.0
          for n in 0..<images {
            for r in 0..<s.rows {
              for q in 0..<s.width {
                guard let at = s.place(r + tap / 3, q + tap % 3, x1, x2) else { continue }
                sum += x[n * x0 + at + c].double * y[n * y0 + r * y1 + q * y2 + f].double
              }
            }
          }
          want[c * w0 + tap / 3 * w1 + tap % 3 * w2 + f] = T(sample: sum)
        }
      }
    }
    return (w.values, want.values)
  }
}

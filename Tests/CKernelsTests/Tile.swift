/// An element type of the kernels: how to make one from a small number, and its name.
protocol Element: Equatable, Sendable, BitwiseCopyable {
  static var suffix: String { get }
  init(sample: Double)
  var double: Double { get }
}

extension Float: Element {
  static let suffix = "f32"
  init(sample: Double) { self = Float(sample) }
  var double: Double { Double(self) }
}

extension Double: Element {
  static let suffix = "f64"
  init(sample: Double) { self = sample }
  var double: Double { self }
}

extension Int32: Element {
  static let suffix = "i32"
  init(sample: Double) { self = Int32(sample) }
  var double: Double { Double(self) }
}

extension Int64: Element {
  static let suffix = "i64"
  init(sample: Double) { self = Int64(sample) }
  var double: Double { Double(self) }
}

extension UInt8: Element {
  static let suffix = "b8"
  init(sample: Double) { self = UInt8(abs(sample)) }
  var double: Double { Double(self) }
}

/// A number in -range ..< range that depends on the seed alone, by multiplication and folding.
func sample(_ seed: Int, range: Double = 4) -> Double {
  var bits = UInt64(truncatingIfNeeded: seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
  bits ^= bits >> 32
  return (Double(bits >> 11) * 0x1p-52 - 1) * range
}

/// How a tile lies in memory: without gaps, with gaps between rows, one value a row, transposed,
/// one value, or with gaps between all elements.
enum Layout: CaseIterable, Sendable {
  case dense, gaps, column, transposed, scalar, strided

  func strides(_ rows: Int, _ cols: Int) -> (row: Int, col: Int) {
    switch self {
    case .dense: (cols, 1)
    case .gaps: (cols + 3, 1)
    case .column: (1, 0)
    case .transposed: (1, rows + 1)
    case .scalar: (0, 0)
    case .strided: (3 * cols + 1, 3)
    }
  }
}

/// A tile with its storage: one element past an aligned start, and room that must stay untouched.
struct Tile<T: Element> {
  var storage: [T]
  let rows: Int
  let cols: Int
  let row: Int
  let col: Int

  init(_ rows: Int, _ cols: Int, _ layout: Layout = .dense, _ value: (Int) -> T) {
    (row, col) = layout.strides(rows, cols)
    self.rows = rows
    self.cols = cols
    let count = 2 + max(0, (rows - 1) * row) + max(0, (cols - 1) * col) + 1
    storage = (0..<count).map(value)
  }

  subscript(_ r: Int, _ c: Int) -> T { storage[1 + r * row + c * col] }

  func read<R>(_ body: (UnsafeRawPointer) throws -> R) rethrows -> R {
    try storage.withUnsafeBytes { try body($0.baseAddress! + MemoryLayout<T>.stride) }
  }

  mutating func write<R>(_ body: (UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    try storage.withUnsafeMutableBytes { try body($0.baseAddress! + MemoryLayout<T>.stride) }
  }

  /// Whether everything outside the tile's elements equals what `other` has there.
  func sameOutside(_ other: Tile) -> Bool {
    var inside = [Bool](repeating: false, count: storage.count)
    for r in 0..<rows { for c in 0..<cols { inside[1 + r * row + c * col] = true } }
    return storage.indices.allSatisfy { inside[$0] || storage[$0] == other.storage[$0] }
  }
}

/// Empty, single, and around the block of 16 and the chunk of 256 that the kernels work in.
let tileSizes = [
  (0, 5), (3, 0), (1, 1), (1, 15), (2, 16), (3, 17), (7, 10), (5, 65), (2, 256), (2, 300), (70, 1),
]

/// Distance of `got` from `want` in units of the last place of `want` as a Float or Double.
func ulps<T: Element>(_ got: T, _ want: Double) -> Double {
  let value = got.double
  if want.isNaN || value.isNaN { return want.isNaN && value.isNaN ? 0 : .infinity }
  if T.self == Float.self {
    let rounded = Float(want)
    if rounded.isInfinite || value.isInfinite {
      return Double(rounded) == value ? 0 : overflow(value, want)
    }
    return abs(value - want) / Double(max(rounded.ulp, Float.leastNonzeroMagnitude))
  }
  if want.isInfinite || value.isInfinite { return want == value ? 0 : .infinity }
  if T.self == Double.self {
    return abs(value - want) / max(want.ulp, Double.leastNonzeroMagnitude)
  }
  return value == want ? 0 : .infinity
}

/// At the edge of Float's range one of two neighbours may already be infinite.
private func overflow(_ value: Double, _ want: Double) -> Double {
  let largest = Double(Float.greatestFiniteMagnitude)
  let near = abs(want) > largest * (1 - 0x1p-22) && abs(want) < largest * (1 + 0x1p-22)
  return near && abs(value) >= largest * (1 - 0x1p-22) && (value < 0) == (want < 0) ? 1 : .infinity
}

/// The sizes of a tensor's axes, outermost first; no axes for a scalar.
public struct Shape: Hashable, Sendable {
  /// Most axes a tensor can have.
  public static let maximumRank = 8
  /// Most elements a tensor can have, so that byte counts and offsets never overflow.
  public static let maximumCount = 1 << 40

  public var dims: [Int]

  public init(_ dims: [Int]) { self.dims = dims }

  public static let scalar = Shape([])

  public var rank: Int { dims.count }

  /// The number of elements.
  public var count: Int { dims.reduce(1, *) }

  /// Row-major strides, in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in dims.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * dims[axis + 1]
    }
    return strides
  }

  public subscript(axis: Int) -> Int {
    get { dims[axis] }
    set { dims[axis] = newValue }
  }

  /// Whether the rank and the number of elements are within the limits.
  public var isValid: Bool {
    guard rank <= Shape.maximumRank, dims.allSatisfy({ $0 >= 0 }) else { return false }
    var count = 1
    for dim in dims where dim > 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: dim)
      if overflow || product > Shape.maximumCount { return false }
      count = product
    }
    return true
  }

  /// The shape both operands broadcast to by NumPy's rule, or nil where they do not.
  public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let rank = max(a.rank, b.rank)
    var dims = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let x = axis < rank - a.rank ? 1 : a[axis - (rank - a.rank)]
      let y = axis < rank - b.rank ? 1 : b[axis - (rank - b.rank)]
      guard x == y || x == 1 || y == 1 else { return nil }
      dims[axis] = x == 1 ? y : x
    }
    return Shape(dims)
  }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  public init(arrayLiteral dims: Int...) { self.init(dims) }
  public var description: String { "[" + dims.map(String.init).joined(separator: ", ") + "]" }
}

/// What is known of a value before it is computed: element type and shape.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public var dtype: DType
  public var shape: Shape

  public init(_ dtype: DType, _ shape: Shape) {
    self.dtype = dtype
    self.shape = shape
  }

  public var byteCount: Int { shape.count * dtype.size }
  /// As the text form has it: `f32[128, 784]`.
  public var description: String { "\(dtype.rawValue)\(shape)" }
}

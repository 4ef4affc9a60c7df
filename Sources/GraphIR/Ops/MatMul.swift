/// The matrix product over the last two axes; batch axes before them broadcast by NumPy's rule.
public struct MatMul: Op {
  /// Whether the operand is stored as [.., k, m] and not [.., m, k].
  public let transposeA: Bool
  /// Whether the operand is stored as [.., n, k] and not [.., k, n].
  public let transposeB: Bool

  public init(transposeA: Bool = false, transposeB: Bool = false) {
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  public var name: String { "matmul" }
  public var attributes: [Attribute] {
    [Attribute("transpose_a", .bool(transposeA)), Attribute("transpose_b", .bool(transposeB))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expect(2)
    let (a, b) = (operands[0], operands[1])
    try a.dtype.expectSame(b.dtype)
    try a.dtype.expectArithmetic()
    guard a.shape.rank >= 2, b.shape.rank >= 2 else {
      throw OpError("operands need two axes or more: \(a) x \(b)")
    }
    let (rows, inner) = sizes(a.shape, transposed: transposeA)
    let (other, columns) = sizes(b.shape, transposed: transposeB)
    guard inner == other else {
      let how = transposeA || transposeB ? " (\(transposition))" : ""
      throw OpError("inner sizes differ: \(a) x \(b)\(how)")
    }
    guard let batch = Shape.broadcast(batch(a.shape), batch(b.shape)) else {
      throw OpError("batch axes do not broadcast: \(a) x \(b)")
    }
    return TensorType(a.dtype, try Shape(batch.dims + [rows, columns]).checked())
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (a, b, g) = (context.operands[0], context.operands[1], context.gradient)
    let first =
      transposeA
      ? b.matmul(g, transposeA: transposeB, transposeB: true)
      : g.matmul(b, transposeB: !transposeB)
    let second =
      transposeB
      ? g.matmul(a, transposeA: true, transposeB: transposeA)
      : a.matmul(g, transposeA: !transposeA)
    return [.value(first), .value(second)]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    let (a, b) = (operands[0].shape, operands[1].shape)
    let rank = max(a.rank, b.rank)
    func map(_ shape: Shape, transposed: Bool, isLeft: Bool) -> ViewMap {
      let own = shape.strides
      // Batch axes that are repeated, or that only the other operand has, do not move the place.
      let batch = (0..<rank - 2).map { axis in
        let place = axis - (rank - shape.rank)
        return place < 0 || shape[place] == 1 ? 0 : own[place]
      }
      let (first, second) = (own[shape.rank - 2], own[shape.rank - 1])
      let (row, column) = transposed ? (second, first) : (first, second)
      return ViewMap(offset: 0, strides: batch + (isLeft ? [row, 0, column] : [0, column, row]))
    }
    return .contraction(
      reduced: [sizes(a, transposed: transposeA).1],
      a: map(a, transposed: transposeA, isLeft: true),
      b: map(b, transposed: transposeB, isLeft: false))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (a, b) = (operands[0], operands[1])
    let (rows, inner) = sizes(a.shape, transposed: transposeA)
    let columns = type.shape[type.shape.rank - 1]
    let batches = batch(type.shape)
    let readA = BroadcastReader(batch(a.shape), to: batches)
    let readB = BroadcastReader(batch(b.shape), to: batches)
    let (rowA, innerA) = transposeA ? (1, rows) : (inner, 1)
    let (innerB, columnB) = transposeB ? (1, inner) : (columns, 1)
    var result = [Double](repeating: 0, count: type.shape.count)
    for batch in 0..<batches.count {
      let startA = readA.offset(of: batch) * rows * inner
      let startB = readB.offset(of: batch) * inner * columns
      let start = batch * rows * columns
      for row in 0..<rows {
        for k in 0..<inner {
          let factor = a.values[startA + row * rowA + k * innerA]
          let place = start + row * columns
          for column in 0..<columns {
            result[place + column] += factor * b.values[startB + k * innerB + column * columnB]
          }
        }
      }
    }
    return result
  }

  private var transposition: String {
    transposeA && transposeB ? "both transposed" : transposeA ? "a transposed" : "b transposed"
  }

  /// Rows and columns of the matrix as it enters the product.
  private func sizes(_ shape: Shape, transposed: Bool) -> (Int, Int) {
    let (first, last) = (shape[shape.rank - 2], shape[shape.rank - 1])
    return transposed ? (last, first) : (first, last)
  }

  private func batch(_ shape: Shape) -> Shape { Shape(shape.dims.dropLast(2)) }

  public static let catalog = [
    OpEntry(
      "matmul", "matrix product over the last two axes",
      gradient: "g b^T, a^T g (each transposed where the operand is)", samples: { samples },
      make: { reader throws(OpError) in
        let first = try reader.bool("transpose_a")
        return try MatMul(transposeA: first, transposeB: reader.bool("transpose_b"))
      })
  ]

  private static var samples: [OpSample] {
    let cases: [(DType, [Int], [Int], Int, Int, Int)] = [
      (.f32, [], [], 3, 4, 5), (.f64, [], [], 3, 4, 5), (.f32, [], [], 1, 1, 1),
      (.f32, [2], [2], 2, 3, 4), (.f32, [2, 1], [3], 2, 3, 2), (.f64, [3], [], 2, 2, 5),
      (.f32, [], [2], 3, 2, 4), (.f32, [], [], 0, 3, 2), (.f32, [], [], 2, 0, 3),
      (.f32, [0], [1], 2, 3, 2), (.i32, [], [], 3, 5, 2), (.i64, [2], [], 2, 3, 3),
      (.f32, [], [], 33, 47, 65), (.f32, [], [], 5, 7, 130), (.f64, [], [], 17, 19, 23),
      (.f32, [], [], 1, 300, 1),
    ]
    return cases.flatMap { dtype, batchA, batchB, rows, inner, columns in
      [(false, false), (false, true), (true, false), (true, true)].map { first, second in
        let a = batchA + (first ? [inner, rows] : [rows, inner])
        let b = batchB + (second ? [columns, inner] : [inner, columns])
        return OpSample(
          MatMul(transposeA: first, transposeB: second),
          [.init(dtype, Shape(a)), .init(dtype, Shape(b))], gradient: dtype.isFloat,
          second: dtype.isFloat)
      }
    }
  }
}

extension Value {
  /// The matrix product. A vector on the left is one row and on the right one column, and the
  /// axis it lacks is missing from the result too.
  public func matmul(
    _ other: Value, transposeA: Bool = false, transposeB: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    guard isValid, other.isValid, shape.rank == 1 || other.shape.rank == 1 else {
      return append(MatMul(transposeA: transposeA, transposeB: transposeB), [other], file, line)
    }
    let a = shape.rank == 1 ? reshape([1, shape.count], file: file, line: line) : self
    let b =
      other.shape.rank == 1 ? other.reshape([other.shape.count, 1], file: file, line: line) : other
    let op = MatMul(
      transposeA: shape.rank != 1 && transposeA, transposeB: other.shape.rank != 1 && transposeB)
    let product = a.append(op, [b], file, line)
    guard product.isValid else { return product }
    var dims = product.shape.dims
    if other.shape.rank == 1 { dims.removeLast() }
    if shape.rank == 1 { dims.remove(at: dims.count - (other.shape.rank == 1 ? 1 : 2)) }
    return product.reshape(dims, file: file, line: line)
  }
}

/// The matrix product of `a` and `b`.
public func matmul(_ a: Value, _ b: Value, file: String = #fileID, line: Int = #line) -> Value {
  a.matmul(b, file: file, line: line)
}

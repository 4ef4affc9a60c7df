/// Operand 0 with slices of operand 2 put in along an axis where operand 1 says, the last one
/// staying, or combined with what is there: their product, the smaller or the larger.
///
/// base[a.., n, b..], indices[i..], updates[a.., i.., b..], as `scatter_add`, which is the sum.
public struct Scatter: Op {
  public let mode: ScatterMode
  public let axis: Int

  public init(_ mode: ScatterMode, axis: Int) {
    self.mode = mode
    self.axis = axis
  }

  public var name: String { mode == .set ? "scatter" : "scatter_\(mode.rawValue)" }
  public var attributes: [Attribute] { [Attribute("axis", .int(axis))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    try operands.expectScatter(axis: axis)
    if mode != .set { try operands[0].dtype.expectArithmetic() }
    return operands[0]
  }

  public func computation(_ operands: [TensorType]) -> Computation { .scatter(mode, axis: axis) }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let (indices, updates) = (operands[1], operands[2])
    var result = operands[0].values
    guard updates.shape.count > 0 else { return result }
    let outer = type.shape.dims.prefix(axis).reduce(1, *)
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    let size = type.shape[axis]
    var source = 0
    for row in 0..<outer {
      for value in indices.values {
        let start = (row * size + Gather.index(value, size: size)) * inner
        for place in start..<start + inner {
          result[place] = combined(result[place], updates.values[source])
          source += 1
        }
      }
    }
    return result
  }

  private func combined(_ x: Double, _ y: Double) -> Double {
    switch mode {
    case .set: y
    case .mul: x * y
    case .min: x.isNaN || y.isNaN ? .nan : Swift.min(x, y)
    case .max: x.isNaN || y.isNaN ? .nan : Swift.max(x, y)
    }
  }

  public static let catalog = ScatterMode.allCases.map { mode in
    let op = Scatter(mode, axis: 0)
    return OpEntry(
      op.name, mode.summary, gradient: mode.formula, samples: { mode.samples },
      make: { reader throws(OpError) in try Scatter(mode, axis: reader.int("axis")) })
  }
}

extension ScatterMode {
  fileprivate var summary: String {
    switch self {
    case .set: "slices put in along an axis where integers say"
    case .mul: "slices multiplied in along an axis where integers say"
    case .min: "the smaller of what is there and slices, where integers say"
    case .max: "the larger of what is there and slices, where integers say"
    }
  }

  fileprivate var formula: String {
    switch self {
    case .set: "g where nothing was put, 0, g gathered by the last put"
    case .mul: "g times the product of the others, 0, the same gathered"
    case .min, .max: "g where chosen, shared among ties"
    }
  }

  fileprivate var samples: [OpSample] {
    var dtypes: [(DType, DType)] = [(.f32, .i64), (.f64, .i32), (.i32, .i32), (.i64, .i64)]
    if self == .set { dtypes += [(.bool, .i32), (.u8, .i64)] }
    return dtypes.flatMap { dtype, index in
      Gather.cases.map { shape, axis, indices in
        let updates = Gather.shape(shape, axis: axis, indices: indices)
        let range: ClosedRange<Double> =
          self == .mul ? (dtype.isFloat ? 0.8...1.2 : -1...1) : dtype.sampleRange
        return OpSample(
          Scatter(self, axis: axis),
          [
            .init(dtype, shape, in: range), .init(index, indices, in: -12...12),
            .init(dtype, updates, in: range),
          ],
          gradient: dtype.isFloat, second: dtype.isFloat)
      }
    }
  }
}

extension [TensorType] {
  /// Throws unless these are the operands of a scatter along `axis`.
  func expectScatter(axis: Int) throws(OpError) {
    try expect(3)
    let (base, indices, updates) = (self[0], self[1], self[2])
    try indices.dtype.expectIndex()
    try base.dtype.expectSame(updates.dtype)
    try base.shape.expect(axis: axis)
    let shape = Gather.shape(base.shape, axis: axis, indices: indices.shape)
    guard updates.shape == shape else {
      throw OpError(
        "updates must be \(shape) for base \(base) and indices \(indices.shape), "
          + "not \(updates.shape)")
    }
    guard base.shape[axis] > 0 || shape.count == 0 else {
      throw OpError("axis \(axis) of \(base) has no elements to add to")
    }
  }
}

extension Value {
  /// This value with slices of `updates` put in along `axis` where the integers say (the last one
  /// stays), or combined with what is there.
  public func scatter(
    _ indices: Value, _ updates: Value, axis: Int = 0, mode: ScatterMode = .set,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    append(Scatter(mode, axis: counted(axis)), [indices, updates], file, line)
  }
}

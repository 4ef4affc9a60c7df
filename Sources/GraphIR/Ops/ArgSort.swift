/// The indices (i64) that put the elements along an axis in order. Equal elements stay in the order
/// of their indices; NaN is larger than everything.
public struct ArgSort: Op {
  public let axis: Int
  /// Whether the largest element comes first.
  public let descending: Bool

  public init(axis: Int, descending: Bool = false) {
    self.axis = axis
    self.descending = descending
  }

  public var name: String { "argsort" }
  public var attributes: [Attribute] {
    [Attribute("axis", .int(axis)), Attribute("descending", .bool(descending))]
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    try operand.shape.expect(axis: axis)
    return TensorType(.i64, operand.shape)
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    [.zero("an index is constant where it is defined")]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .argSort(axis: axis, descending: descending)
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let x = operands[0].values
    let size = type.shape[axis]
    let inner = type.shape.dims.dropFirst(axis + 1).reduce(1, *)
    var result = x
    for first in 0..<type.shape.count where first / inner % size == 0 {
      // Swift's sort is stable, too, but does not promise it.
      let order = (0..<size).sorted { a, b in
        let (left, right) = (x[first + a * inner], x[first + b * inner])
        if isBefore(left, right) { return true }
        return !isBefore(right, left) && a < b
      }
      for (place, index) in order.enumerated() { result[first + place * inner] = Double(index) }
    }
    return result
  }

  private func isBefore(_ a: Double, _ b: Double) -> Bool {
    if a.isNaN || b.isNaN { return descending ? a.isNaN && !b.isNaN : !a.isNaN && b.isNaN }
    return descending ? a > b : a < b
  }

  public static let catalog = [
    OpEntry(
      "argsort", "indices that put an axis in order",
      gradient: "0: an index is constant where it is defined", samples: { samples },
      make: { reader throws(OpError) in
        let axis = try reader.int("axis")
        return try ArgSort(axis: axis, descending: reader.bool("descending"))
      })
  ]

  private static var samples: [OpSample] {
    let cases: [(Shape, Int)] = [
      ([6], 0), ([3, 5], 0), ([3, 5], 1), ([2, 9, 4], 1), ([1], 0), ([0], 0), ([3, 0], 1),
      ([0, 3], 1), ([3, 130], 1), ([130, 3], 0), ([2085], 0),
    ]
    // Few different whole numbers, so that many are equal; floats are all different.
    let drawn = [DType.f32, .f64, .i32, .i64, .u8, .bool].flatMap { dtype in
      cases.flatMap { shape, axis in
        [false, true].map { descending in
          let x = OpSample.Operand(dtype, shape, in: dtype.sampleRange)
          return OpSample(
            ArgSort(axis: axis, descending: descending), [x], gradient: false, second: false)
        }
      }
    }
    let odd: [[Double]] = [[1, 3, 3, 1], [.nan, 1, .nan, 9], [-0.0, .infinity, 0, -.infinity]]
    return drawn
      + odd.flatMap { values in
        [false, true].map {
          OpSample(
            ArgSort(axis: 0, descending: $0), [.init(.f32, [4], values: values)], gradient: false,
            second: false)
        }
      }
  }
}

extension Value {
  /// The indices (i64) that put the elements along `axis` in order, equal ones ascending; NaN is
  /// larger than everything.
  public func argsort(
    axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    append(ArgSort(axis: counted(axis), descending: descending), [], file, line)
  }
}

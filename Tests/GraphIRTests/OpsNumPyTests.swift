import GraphIR
import Testing

/// Every op against values which NumPy 2.4 gave for the expression in the row.
@Suite struct OpsNumPyTests {
  enum Operand: Sendable {
    /// Element i is 7 i mod 11 - 4.
    case ramp([Int])
    case indices([Int], [Double])

    var tensor: ReferenceTensor {
      switch self {
      case .ramp(let dims):
        let shape = Shape(dims)
        let values = (0..<shape.count).map { Double($0 * 7 % 11 - 4) }
        return ReferenceTensor(TensorType(.f64, shape), values)
      case .indices(let dims, let values):
        return ReferenceTensor(TensorType(.i64, Shape(dims)), values)
      }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let expression: String
    let op: any Op
    let operands: [Operand]
    let shape: [Int]
    let values: [Double]

    init(
      _ expression: String, _ op: any Op, _ operands: [Operand], _ shape: [Int],
      _ values: [Double]
    ) {
      self.expression = expression
      self.op = op
      self.operands = operands
      self.shape = shape
      self.values = values
    }

    var testDescription: String { expression }
  }

  static let rows: [Row] = [
    Row(
      "a @ b",
      MatMul(),
      [.ramp([2, 3]), .ramp([3, 4])], [2, 4],
      [25, -22, 19, -17, -14, 6, 4, 46]),
    Row(
      "a.T @ b",
      MatMul(transposeA: true),
      [.ramp([3, 2]), .ramp([3, 4])], [2, 4],
      [8, -2, -1, -33, 6, -11, 27, 32]),
    Row(
      "a @ b.T",
      MatMul(transposeB: true),
      [.ramp([2, 3]), .ramp([4, 3])], [2, 4],
      [26, -16, -14, -12, -16, 44, 38, 32]),
    Row(
      "a.T @ b.T",
      MatMul(transposeA: true, transposeB: true),
      [.ramp([3, 2]), .ramp([2, 3])], [2, 2],
      [11, -30, 8, 34]),
    Row(
      "a @ b, batches broadcast",
      MatMul(),
      [.ramp([2, 1, 1, 3]), .ramp([2, 3, 2])], [2, 2, 1, 2],
      [11, 8, -29, 12, -30, 34, 24, 22]),
    Row(
      "x.sum((0, 2))",
      Reduce(.sum, axes: [0, 2]),
      [.ramp([2, 3, 4])], [3],
      [14, 7, 0]),
    Row(
      "x.mean((0, 2))",
      Reduce(.mean, axes: [0, 2]),
      [.ramp([2, 3, 4])], [3],
      [1.75, 0.875, 0]),
    Row(
      "x.prod((0, 2))",
      Reduce(.prod, axes: [0, 2]),
      [.ramp([2, 3, 4])], [3],
      [-2592, -600, -0]),
    Row(
      "x.max((0, 2))",
      Reduce(.max, axes: [0, 2]),
      [.ramp([2, 3, 4])], [3],
      [6, 5, 4]),
    Row(
      "x.min((0, 2))",
      Reduce(.min, axes: [0, 2]),
      [.ramp([2, 3, 4])], [3],
      [-4, -3, -4]),
    Row(
      "x.sum(1, keepdims=True)",
      Reduce(.sum, axes: [1], keep: true),
      [.ramp([2, 3, 4])], [2, 1, 4],
      [-5, 5, 4, 3, 5, 4, 3, 2]),
    Row(
      "x.argmax(1)",
      ArgReduce(.max, axis: 1),
      [.ramp([2, 3, 4])], [2, 4],
      [1, 2, 1, 0, 2, 1, 0, 2]),
    Row(
      "x.argmin(0)",
      ArgReduce(.min, axis: 0),
      [.ramp([2, 3, 4])], [3, 4],
      [0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0]),
    Row(
      "x.cumsum(1)",
      CumSum(axis: 1),
      [.ramp([2, 3, 2])], [2, 3, 2],
      [-4, 3, -5, 9, -3, 7, 5, 1, 2, 5, 2, 1]),
    Row(
      "x[:, ::-1].cumsum(1)[:, ::-1]",
      CumSum(axis: 1, reverse: true),
      [.ramp([2, 3])], [2, 3],
      [-2, 2, -1, 6, 0, -2]),
    Row(
      "x.cumsum(0) - x",
      CumSum(axis: 0, exclusive: true),
      [.ramp([4])], [4],
      [0, -4, -1, -2]),
    Row(
      "x.reshape(3, -1)",
      Reshape([3, -1]),
      [.ramp([2, 6])], [3, 4],
      [-4, 3, -1, 6, 2, -2, 5, 1, -3, 4, 0, -4]),
    Row(
      "x.transpose(2, 0, 1)",
      Transpose([2, 0, 1]),
      [.ramp([2, 3, 4])], [4, 2, 3],
      [-4, 2, -3, 3, -2, 4, 3, -2, 4, -1, 5, 0, -1, 5, 0, 6, 1, -4, 6, 1, -4, 2, -3, 3]),
    Row(
      "np.broadcast_to(x, (2, 2, 3))",
      Broadcast([2, 2, 3]),
      [.ramp([2, 1])], [2, 2, 3],
      [-4, -4, -4, 3, 3, 3, -4, -4, -4, 3, 3, 3]),
    Row(
      "x[::-2, 1:-1]",
      StridedSlice(axes: [0, 1], starts: [.max, 1], ends: [.min, -1], steps: [-2, 1]),
      [.ramp([5, 4])], [3, 2],
      [5, 1, 4, 0, 3, -1]),
    Row(
      "x[-2:0:-2]",
      StridedSlice(axes: [0], starts: [-2], ends: [0], steps: [-2]),
      [.ramp([7])], [3],
      [-2, 6, 3]),
    Row(
      "x[3:-100:-3]",
      StridedSlice(axes: [0], starts: [3], ends: [-100], steps: [-3]),
      [.ramp([7])], [2],
      [6, -4]),
    Row(
      "x[..., 4:1]",
      StridedSlice(axes: [1], starts: [4], ends: [1], steps: [1]),
      [.ramp([2, 5])], [2, 0],
      []),
    Row(
      "np.concatenate((a, b), 1)",
      Concat(axis: 1),
      [.ramp([2, 2]), .ramp([2, 3])], [2, 5],
      [-4, 3, -4, 3, -1, -1, 6, 6, 2, -2]),
    Row(
      "np.pad(x, ((1, 0), (0, 2)), constant_values=9)",
      Pad(low: [1, 0], high: [0, 2], interior: [0, 0], value: 9),
      [.ramp([2, 2])], [3, 4],
      [9, 9, 9, 9, -4, 3, 9, 9, -1, 6, 9, 9]),
    Row(
      "y[1:-1:2] = x",
      Pad(low: [1], high: [2], interior: [1], value: 9),
      [.ramp([3])], [8],
      [9, -4, 9, 3, 9, -1, 9, 9]),
    Row(
      "np.take(x, i, 1, mode='wrap')",
      Gather(axis: 1),
      [.ramp([2, 3]), .indices([2, 2], [2, -1, 0, 0])], [2, 2, 2],
      [-1, -1, -4, -4, -2, -2, 6, 6]),
    Row(
      "np.take(x, i, 0, mode='clip')",
      Gather(axis: 0),
      [.ramp([3, 2]), .indices([2], [0, 9])], [2, 2],
      [-4, 3, 2, -2]),
    Row(
      "np.add.at(x, i, u)",
      ScatterAdd(axis: 0),
      [.ramp([3, 2]), .indices([3], [1, 1, -1]), .ramp([3, 2])], [3, 2],
      [-4, 3, -6, 15, 4, -4]),
    Row(
      "x[i] = u",
      Scatter(.set, axis: 0),
      [.ramp([3, 2]), .indices([3], [1, 1, -1]), .ramp([3, 2])], [3, 2],
      [-4, 3, -1, 6, 2, -2]),
    Row(
      "np.multiply.at(x, i, u)",
      Scatter(.mul, axis: 0),
      [.ramp([3, 2]), .indices([3], [1, 1, -1]), .ramp([3, 2])], [3, 2],
      [-4, 3, -4, 108, 4, 4]),
    Row(
      "np.minimum.at(x, i, u)",
      Scatter(.min, axis: 0),
      [.ramp([3, 2]), .indices([3], [1, 1, -1]), .ramp([3, 2])], [3, 2],
      [-4, 3, -4, 3, 2, -2]),
    Row(
      "np.argsort(x, 1, kind='stable')",
      ArgSort(axis: 1),
      [.ramp([2, 7])], [2, 7],
      [0, 5, 2, 4, 1, 6, 3, 4, 1, 6, 3, 0, 5, 2]),
    Row(
      "np.argsort(-x, 1, kind='stable')",
      ArgSort(axis: 1, descending: true),
      [.ramp([2, 7])], [2, 7],
      [3, 6, 1, 4, 2, 5, 0, 2, 5, 0, 3, 6, 1, 4]),
    Row(
      "y[:, k] = a[:, k] * y[:, k - 1] + b[:, k]",
      LinearScan(axis: 1),
      [.ramp([2, 4]), .ramp([2, 4])], [2, 4],
      [-4, -9, 8, 54, 2, -6, -25, -24]),
    Row(
      "y[k] = a[k] * y[k + 1] + b[k]",
      LinearScan(axis: 0, reverse: true),
      [.ramp([3, 2]), .ramp([3, 2])], [3, 2],
      [8, -15, -3, -6, 2, -2]),
    Row(
      "np.indices((2, 3))[1]",
      Iota(TensorType(.f64, [2, 3]), axis: 1),
      [], [2, 3],
      [0, 1, 2, 0, 1, 2]),
  ]

  @Test(arguments: rows) func agreesWithNumPy(_ row: Row) throws {
    let operands = row.operands.map(\.tensor)
    let type = try row.op.resultType(operands.map(\.type))
    #expect(type.shape.dims == row.shape)
    let values = row.op.reference(operands, type)
    try #require(values.count == row.values.count)
    for (value, expected) in zip(values, row.values) {
      #expect(abs(value - expected) <= 1e-12 * max(1, abs(expected)))
    }
  }
}

import GraphIR
import Testing

/// Operands and attributes that do not fit, and the clause that says why.
@Suite struct OpsErrorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let op: any Op
    let operands: [TensorType]
    let message: String

    init(_ op: any Op, _ operands: [TensorType], _ message: String) {
      self.op = op
      self.operands = operands
      self.message = message
    }

    var testDescription: String { "\(op.name): \(message)" }
  }

  static func f32(_ dims: Int...) -> TensorType { TensorType(.f32, Shape(dims)) }
  static func i64(_ dims: Int...) -> TensorType { TensorType(.i64, Shape(dims)) }

  static let huge = Shape.maximumCount

  static let rows: [Row] = [
    Row(MatMul(), [f32(2, 3), f32(4, 5)], "inner sizes differ: f32[2, 3] x f32[4, 5]"),
    Row(
      MatMul(transposeB: true), [f32(2, 3), f32(3, 5)],
      "inner sizes differ: f32[2, 3] x f32[3, 5] (b transposed)"),
    Row(MatMul(), [f32(3), f32(3, 5)], "operands need two axes or more: f32[3] x f32[3, 5]"),
    Row(
      MatMul(), [f32(2, 1, 1), f32(3, 1, 1)],
      "batch axes do not broadcast: f32[2, 1, 1] x f32[3, 1, 1]"),
    Row(
      MatMul(), [f32(1, 1), i64(1, 1)],
      "operands must have one element type, not f32, i64; cast one"),
    Row(
      MatMul(), [f32(huge, 1), f32(1, huge)],
      "shape [\(huge), \(huge)] is outside the limits"),
    Row(Reduce(.sum, axes: [2]), [f32(2, 3)], "axis 2 is not an axis of shape [2, 3]"),
    Row(Reduce(.sum, axes: [-1]), [f32(2, 3)], "axis -1 is not an axis of shape [2, 3]"),
    Row(Reduce(.sum, axes: [1, 0]), [f32(2, 3)], "axes [1, 0] must ascend, none twice"),
    Row(Reduce(.sum, axes: [1, 1]), [f32(2, 3)], "axes [1, 1] must ascend, none twice"),
    Row(Reduce(.mean, axes: []), [i64(2)], "takes f32 or f64, not i64"),
    Row(Reduce(.prod, axes: []), [TensorType(.bool, [])], "takes numbers, not bool; cast it"),
    Row(
      ArgReduce(.max, axis: 0), [f32(0, 2)], "axis 0 of f32[0, 2] has no elements to choose from"),
    Row(ArgReduce(.max, axis: .min), [f32()], "axis \(Int.min) is not an axis of shape []"),
    Row(Reshape([4, -1]), [f32(2, 3)], "6 elements of f32[2, 3] do not fill shape [4, -1]"),
    Row(Reshape([0, -1]), [f32(0)], "0 elements of f32[0] do not fill shape [0, -1]"),
    Row(Reshape([-1, -1]), [f32(4)], "shape [-1, -1] has a negative size"),
    Row(Reshape([-2]), [f32(4)], "shape [-2] has a negative size"),
    Row(
      Reshape([.max, .max]), [f32(4)], "shape [\(Int.max), \(Int.max)] is outside the limits"),
    Row(Transpose([0, 0]), [f32(2, 3)], "[0, 0] is no order of the axes of f32[2, 3]"),
    Row(Transpose([1, .max]), [f32(2, 3)], "[1, \(Int.max)] is no order of the axes of f32[2, 3]"),
    Row(Broadcast([3, 2]), [f32(3)], "f32[3] does not broadcast to [3, 2]"),
    Row(Broadcast([]), [f32(1)], "f32[1] does not broadcast to []"),
    Row(Broadcast([-1]), [f32(1)], "shape [-1] is outside the limits"),
    Row(
      StridedSlice(axes: [0], starts: [0], ends: [1], steps: [0]), [f32(3)],
      "a step of 0 goes nowhere"),
    Row(
      StridedSlice(axes: [0], starts: [0, 1], ends: [1], steps: []), [f32(3)],
      "1 axes, but 2 starts, 1 ends, 0 steps"),
    Row(
      StridedSlice(axes: [0, 0], starts: [0, 0], ends: [1, 1], steps: [1, 1]), [f32(3)],
      "axes [0, 0] must ascend, none twice"),
    Row(Concat(axis: 0), [f32(2), f32(2, 1)], "ranks differ: f32[2] and f32[2, 1]"),
    Row(
      Concat(axis: 0), [f32(2, 3), f32(2, 4)], "sizes differ off axis 0: f32[2, 3] and f32[2, 4]"),
    Row(Concat(axis: 1), [], "takes 1 operand or more, not 0"),
    Row(
      Pad(low: [-1], high: [0], interior: [0]), [f32(3)],
      "pads must be 0 or more and within the limits"),
    Row(
      Pad(low: [.max], high: [.max], interior: [0]), [f32(3)],
      "pads must be 0 or more and within the limits"),
    Row(
      Pad(low: [0], high: [0], interior: [huge]), [f32(huge)],
      "interior \(huge) spreads f32[\(huge)] beyond the limits"),
    Row(
      Pad(low: [0], high: [0], interior: []), [f32(3)],
      "needs one low, high and interior an axis of f32[3]"),
    Row(Gather(axis: 0), [f32(3), f32(2)], "indices must be i32 or i64, not f32"),
    Row(Gather(axis: 0), [f32(0), i64(2)], "axis 0 of f32[0] has no elements to choose from"),
    Row(
      ScatterAdd(axis: 0), [f32(3, 2), i64(4), f32(4)],
      "updates must be [4, 2] for base f32[3, 2] and indices [4], not [4]"),
    Row(
      ScatterAdd(axis: 0), [f32(0), i64(2), f32(2)], "axis 0 of f32[0] has no elements to add to"),
    Row(
      Scatter(.set, axis: 0), [f32(3, 2), i64(4), f32(4)],
      "updates must be [4, 2] for base f32[3, 2] and indices [4], not [4]"),
    Row(
      Scatter(.mul, axis: 0), [TensorType(.bool, [3]), i64(4), TensorType(.bool, [4])],
      "takes numbers, not bool; cast it"),
    Row(ArgSort(axis: 1), [f32(3)], "axis 1 is not an axis of shape [3]"),
    Row(LinearScan(axis: 0), [f32(3), f32(2)], "shapes [3] and [2] differ"),
    Row(Elementwise("bit_and"), [f32(3), f32(3)], "takes integers, not f32"),
    Row(Iota(f32(), axis: 0), [], "axis 0 is not an axis of shape []"),
    Row(Iota(f32(.max), axis: 0), [], "shape [\(Int.max)] is outside the limits"),
    Row(Iota(TensorType(.u8, [4]), axis: 0), [], "gives f32, f64, i32 or i64, not u8"),
    Row(CumSum(axis: 1), [f32(3)], "axis 1 is not an axis of shape [3]"),
    Row(Random(.uniform, .f32, [2], stream: 0), [f32(2)], "the key must be i64[2], not f32[2]"),
    Row(Random(.uniform, .i32, [2], stream: 0), [i64(2)], "takes f32 or f64, not i32"),
    Row(Random(.normal, .f32, [2], stream: -1), [i64(2)], "stream -1 is not in 0...4294967295"),
    Row(Random(.normal, .f32, nil, stream: 0), [i64(2)], "takes 2 operands, not 1"),
  ]

  @Test(arguments: rows) func saysWhatDoesNotFit(_ row: Row) {
    #expect(throws: OpError(row.message)) { try row.op.resultType(row.operands) }
  }

  /// Slices with any bounds are legal, as in Python, and never leave the operand.
  @Test func sliceTakesAnyBounds() throws {
    let bounds = [Int.min, Int.min + 1, -8, -7, -1, 0, 1, 6, 7, 8, Int.max - 1, Int.max]
    let values = (0..<7).map(Double.init)
    let operand = ReferenceTensor(TensorType(.f64, [7]), values)
    for start in bounds {
      for end in bounds {
        for step in bounds where step != 0 {
          let op = StridedSlice(axes: [0], starts: [start], ends: [end], steps: [step])
          let type = try op.resultType([operand.type])
          let taken = op.reference([operand], type)
          let expected = pythonSlice(values, start, end, step)
          #expect(taken == expected, "[\(start):\(end):\(step)]")
        }
      }
    }
  }

  /// Element by element: every place that an unbounded walk from the clamped start meets.
  private func pythonSlice(_ values: [Double], _ start: Int, _ end: Int, _ step: Int) -> [Double] {
    let size = values.count
    func place(_ index: Int) -> Int { index < 0 ? index + size : index }
    var index = step > 0 ? max(place(start), 0) : min(place(start), size - 1)
    var taken: [Double] = []
    while values.indices.contains(index), step > 0 ? index < place(end) : index > place(end) {
      taken.append(values[index])
      let (next, overflow) = index.addingReportingOverflow(step)
      if overflow { break }
      index = next
    }
    return taken
  }
}

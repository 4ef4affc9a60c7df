import GraphIR

/// A contraction seen as products of matrices: C[row, column] = sum over k of A[row, k] B[k, column].
///
/// Every axis of the result is a row axis (only A moves along it), a column axis (only B does) or a
/// batch axis (both do). The columns must be a run of the result's memory, so the result's last
/// axis decides which of the two operands is B.
struct ContractionForm {
  struct Side {
    let base: NodeID
    let offset: Int
    /// The operand of the node that it is.
    let operand: Int
  }

  /// Neighbouring axes that are one axis to the operands: size, and strides in elements.
  struct Axis {
    /// The axes of the result, outermost first; none for a size of 1 that is made up.
    var axes: [Int]
    var size: Int
    var a: Int
    var b: Int
    var c: Int
  }

  let a: Side
  let b: Side
  /// Axes along which both operands move, outermost first.
  let batch: [Axis]
  /// Row axes but the innermost one, outermost first.
  private(set) var outerRows: [Axis]
  let rows: Axis
  let columns: Axis
  /// The axes summed over, outermost first.
  let reduced: [Axis]
  /// The same before neighbours were joined.
  let sums: [Axis]
  /// Strides over the result's axes of each operand.
  let strides: (a: [Int], b: [Int])
  /// Whether the innermost two row axes are one axis to everything but A.
  let isJoined: Bool

  var depth: Int { reduced.reduce(1) { $0 * $1.size } }
  /// All rows there are for one panel of B.
  var rowCount: Int { outerRows.reduce(rows.size) { $0 * $1.size } }

  /// `accesses` are strides over the result's axes of what else is read or written at every
  /// element: axes become one only where it is one axis to all of them, and none with
  /// `keepsAxes`, where A is more than its strides tell.
  init(
    _ id: NodeID, _ lowered: LoweredGraph, accesses: [[Int]] = [], keepsAxes: Bool = false
  ) {
    let shape = lowered.shape(id)
    let rank = shape.rank
    let first = lowered.access(id, 0)
    let second = lowered.access(id, 1)
    let sizes = lowered.readDomain(id, 0).dims
    let dense = shape.strides

    func axes(_ left: Access, _ right: Access) -> [Axis] {
      (0..<rank).filter { shape[$0] != 1 }.map { axis in
        Axis(
          axes: [axis], size: shape[axis], a: left.strides[axis], b: right.strides[axis],
          c: dense[axis])
      }
    }
    let isSwapped = ContractionForm.isSwapped(axes(first, second))
    let (left, right) = isSwapped ? (second, first) : (first, second)
    a = Side(base: left.base, offset: left.offset, operand: isSwapped ? 1 : 0)
    b = Side(base: right.base, offset: right.offset, operand: isSwapped ? 0 : 1)
    strides = (Array(left.strides[..<rank]), Array(right.strides[..<rank]))

    var merged: [Axis] = []
    for axis in axes(left, right) {
      if !keepsAxes, let before = merged.last, let place = before.axes.last,
        before.kind == axis.kind, before.a == axis.a * axis.size, before.b == axis.b * axis.size,
        accesses.allSatisfy({ $0[place] == $0[axis.axes[0]] * axis.size })
      {
        merged[merged.count - 1] = Axis(
          axes: before.axes + axis.axes, size: before.size * axis.size, a: axis.a, b: axis.b,
          c: axis.c)
      } else {
        merged.append(axis)
      }
    }
    let one = Axis(axes: [], size: 1, a: 0, b: 0, c: 1)
    if let last = merged.last, last.kind == .column, last.c == 1 {
      columns = merged.removeLast()
    } else {
      columns = one
    }
    var rowAxes = merged.filter { $0.kind == .row }
    if let place = ContractionForm.innermost(rowAxes) {
      rows = rowAxes.remove(at: place)
    } else {
      rows = one
    }
    outerRows = rowAxes
    if let outer = rowAxes.last, let first = rows.axes.first, let last = rows.axes.last,
      let place = outer.axes.last
    {
      let size = rows.size
      isJoined =
        place < first && (place + 1..<first).allSatisfy { shape[$0] == 1 }
        && outer.c == rows.c * size && accesses.allSatisfy { $0[place] == $0[last] * size }
    } else {
      isJoined = false
    }
    // Column axes that do not reach the end of the result are loops too.
    batch = merged.filter { $0.kind != .row }

    // The order of the sum is the order of A in memory.
    var sums = (rank..<sizes.count).filter { sizes[$0] != 1 }.map { axis in
      Axis(axes: [axis], size: sizes[axis], a: left.strides[axis], b: right.strides[axis], c: 0)
    }
    sums.sort { abs($0.a) > abs($1.a) }
    self.sums = sums
    var levels: [Axis] = []
    for axis in sums {
      if let outer = levels.last, outer.a == axis.a * axis.size, outer.b == axis.b * axis.size {
        levels[levels.count - 1].size *= axis.size
        (levels[levels.count - 1].a, levels[levels.count - 1].b) = (axis.a, axis.b)
      } else {
        levels.append(axis)
      }
    }
    reduced = levels
  }

  /// Whether the second operand of the node takes the part of A.
  private static func isSwapped(_ axes: [Axis]) -> Bool {
    guard let last = axes.last, last.kind == .row else { return false }
    // A matrix times one column stays as it is, unless its rows lie side by side.
    return last.a == 1 || axes.contains { $0.kind == .column }
  }

  /// The row axis whose rows lie closest together, of those that fill a register tile somewhat.
  private static func innermost(_ axes: [Axis]) -> Int? {
    let enough = min(4, axes.map(\.size).max() ?? 0)
    return axes.indices.filter { axes[$0].size >= enough }.min { first, second in
      (abs(axes[first].a), second) < (abs(axes[second].a), first)
    }
  }
}

extension ContractionForm {
  /// The same for a kernel that covers the outer rows itself.
  var withoutOuterRows: ContractionForm {
    var form = self
    form.outerRows = []
    return form
  }
}

extension ContractionForm.Axis {
  enum Kind { case row, column, batch }

  var kind: Kind { b == 0 ? .row : a == 0 ? .column : .batch }
}

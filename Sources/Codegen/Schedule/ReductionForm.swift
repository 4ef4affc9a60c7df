import GraphIR

/// Whether a reduction goes along rows or down columns. Other axes are split up by a pass before.
struct ReductionForm {
  /// Sizes before, of, and after the one block of reduced axes.
  let outer: Int
  let reduced: Int
  let inner: Int
  private let first: Int
  /// The reduced axes.
  let axes: Range<Int>

  init(axes: [Int], of shape: Shape) {
    precondition(zip(axes, axes.dropFirst()).allSatisfy { $1 == $0 + 1 }, "axes not in one block")
    first = axes.first ?? shape.rank
    let last = axes.last ?? shape.rank - 1
    outer = shape.dims[..<first].reduce(1, *)
    reduced = axes.reduce(1) { $0 * shape[$1] }
    inner = last + 1 < shape.rank ? shape.dims[(last + 1)...].reduce(1, *) : 1
    self.axes = first..<max(first, last + 1)
  }

  /// For a reduction along rows, how many leading axes count rows.
  var rowSplit: Int? { inner == 1 ? first : nil }
}

import GraphIR

/// How a reduction down columns reads its operand, seen from the result's shape.
struct ColumnReduction {
  let reduction: Reduction
  let base: NodeID
  let offset: Int
  /// Strides over the result's axes.
  let kept: [Int]
  /// Sizes and strides of the reduced axes, runs of memory merged, outermost first.
  let reduced: [(size: Int, stride: Int)]

  init(_ id: NodeID, _ lowered: LoweredGraph) {
    guard case .reduce(let reduction, let axes) = lowered.computations[id.index] else {
      preconditionFailure("not a reduction")
    }
    let domain = lowered.readDomain(id, 0)
    let access = lowered.access(id, 0)
    self.reduction = reduction
    base = access.base
    offset = access.offset
    let keepsAxes = lowered.shape(id).rank == domain.rank
    kept = domain.dims.indices.compactMap { axis in
      axes.contains(axis) ? (keepsAxes ? 0 : nil) : access.strides[axis]
    }
    var merged: [(size: Int, stride: Int)] = []
    for axis in axes where domain[axis] != 1 {
      if let last = merged.last, last.stride == access.strides[axis] * domain[axis] {
        merged[merged.count - 1] = (last.size * domain[axis], access.strides[axis])
      } else {
        merged.append((domain[axis], access.strides[axis]))
      }
    }
    reduced = merged.isEmpty ? [(1, 0)] : merged
  }
}

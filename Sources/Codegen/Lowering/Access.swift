import GraphIR

/// Where a kernel reads a dense buffer: element offset + sum of index[axis] * strides[axis] for an
/// index of the kernel's domain. A stride of 0 broadcasts.
struct Access: Hashable {
  var base: NodeID
  var offset: Int
  var strides: [Int]

  /// Whether all of the domain reads the same element.
  var isOneElement: Bool { strides.allSatisfy { $0 == 0 } }

  /// Reads a dense value of `shape`, broadcast to `domain` by NumPy's rule.
  init(dense base: NodeID, _ shape: Shape, over domain: Shape) {
    self.base = base
    offset = 0
    let own = shape.strides
    let lead = domain.rank - shape.rank
    strides = domain.dims.indices.map { axis in
      axis < lead || shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
  }

  /// Reads a dense value where `map` says.
  init(_ map: ViewMap, of base: NodeID) {
    self.base = base
    offset = map.offset
    strides = map.strides
  }

  /// Reads what `view` reads instead of the dense result of the view, which has `shape`; nil where
  /// that is not affine over the domain, as for a reshape of a transpose.
  func through(_ view: ViewMap, of shape: Shape, from operand: NodeID, over domain: Shape)
    -> Access?
  {
    var result = self
    result.base = operand
    guard domain.count > 0 else {
      result.offset = 0
      return result
    }
    let dense = shape.strides
    var low = Access.digits(offset, shape, dense)
    var high = low
    result.offset = view.offset
    for (digit, stride) in zip(low, view.strides) { result.offset += digit * stride }
    for axis in domain.dims.indices {
      let steps = domain[axis] - 1
      guard steps > 0, strides[axis] != 0 else {
        result.strides[axis] = 0
        continue
      }
      let sign = strides[axis] < 0 ? -1 : 1
      var stride = 0
      for (own, digit) in Access.digits(abs(strides[axis]), shape, dense).enumerated() {
        let move = sign * digit * steps
        if move < 0 { low[own] += move } else { high[own] += move }
        stride += sign * digit * view.strides[own]
      }
      result.strides[axis] = stride
    }
    for axis in shape.dims.indices where low[axis] < 0 || high[axis] >= shape[axis] { return nil }
    return result
  }

  /// The flat offset as an index of `shape`; a digit may exceed its axis, which `through` checks.
  private static func digits(_ flat: Int, _ shape: Shape, _ dense: [Int]) -> [Int] {
    var rest = flat
    return shape.dims.indices.map { axis in
      guard shape[axis] > 1 else { return 0 }
      let digit = rest / dense[axis]
      rest -= digit * dense[axis]
      return digit
    }
  }

  /// Whether every element of the domain reads the element at its own place of a dense buffer.
  func isIdentity(over domain: Shape) -> Bool {
    guard offset == 0 else { return false }
    let dense = domain.strides
    return domain.dims.indices.allSatisfy { domain[$0] == 1 || strides[$0] == dense[$0] }
      || domain.count == 0
  }

  /// Whether neighbours along the last axis are neighbours in memory.
  func hasRows(over domain: Shape) -> Bool {
    domain.rank == 0 || domain[domain.rank - 1] <= 1 || strides[domain.rank - 1] == 1
  }

  /// Whether it reads, for every element, the value of the element's row in a dense buffer of one
  /// value a row, rows being the leading `split` axes.
  func isRowValue(over domain: Shape, split: Int) -> Bool {
    let rows = Shape(Array(domain.dims[..<split]))
    var leading = self
    leading.strides = Array(strides[..<split])
    return leading.isIdentity(over: rows)
      && (split..<domain.rank).allSatisfy { domain[$0] == 1 || strides[$0] == 0 }
  }
}

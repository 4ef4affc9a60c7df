// Layouts: the API's convolutions have their channels before the spatial axes, as PyTorch and ONNX
// have it; kernels are fastest with channels last, where a row of products is a run of memory.
// A convolution becomes one with channels last between two transposes, and transposes move down
// through what does not care for the order of axes until they meet and cancel.

extension Rewrite {
  /// Rewrites of graphs that convolve.
  package static let layout: [Rewrite] = [
    Rewrite("convolution(x, w), channels last inside", ["convolution"]) { site in
      guard let convolution = site.node.op as? Convolution, !convolution.isChannelsLast,
        convolution.gainsFromChannelsLast(site[0].shape, site[1].shape)
      else { return nil }
      let rank = site.type.shape.rank
      let inside = Convolution(
        strides: convolution.strides, dilations: convolution.dilations, isChannelsLast: true)
      var x = site[0].transpose([0] + Array(3..<rank) + [1, 2])
      if site[1].shape[0] == 1 { x = x.reshape(x.shape.dims.dropLast(2) + [x.shape[rank - 1]]) }
      let product = site.builder.append(inside, [x, site[1]])
      let dims = product.shape.dims
      let whole =
        product.shape.rank == rank
        ? product : product.reshape(dims.dropLast() + [1, dims[rank - 2]])
      return whole.transpose([0, rank - 2, rank - 1] + Array(1..<rank - 2))
    },
    Rewrite("f(transpose(x), ..) = transpose(f(x, ..))", []) { site in
      guard site.node.op is Elementwise || site.node.op is Cast else { return nil }
      return site.mapped()
    },
    Rewrite("reduce(transpose(x)) = transpose(reduce(x))", Reduce.catalog.map(\.name)) { site in
      guard let reduce = site.node.op as? Reduce, let (x, order) = site.transposed(0) else {
        return nil
      }
      let axes = reduce.axes.map { order[$0] }.sorted()
      let result = site.builder.append(
        Reduce(reduce.reduction, axes: axes, keep: reduce.keep), [x])
      if reduce.keep { return result.transpose(order) }
      let kept = x.shape.dims.indices.filter { !axes.contains($0) }
      let left = order.indices.filter { !reduce.axes.contains($0) }
      return result.transpose(left.map { axis in kept.firstIndex(of: order[axis]) ?? 0 })
    },
    Rewrite("broadcast(transpose(x)) = transpose(broadcast(x))", ["broadcast"]) { site in
      guard let (x, order) = site.transposed(0), site.type.shape.rank == order.count else {
        return nil
      }
      var dims = x.shape.dims
      for (axis, source) in order.enumerated() { dims[source] = site.type.shape[axis] }
      return x.broadcast(to: Shape(dims)).transpose(order)
    },
    Rewrite(
      "f(transpose(x), ..) = transpose(f(x, ..)), along other axes",
      ["pad", "slice", "max_pool", "max_pool_gradient", "sum_pool", "repeat"]
    ) { site in
      guard let (first, order) = site.transposed(0), let op = site.node.op.reordered(order) else {
        return nil
      }
      let others = site.node.operands.indices.dropFirst().map { place -> Value in
        if let (x, other) = site.transposed(place), other == order { return x }
        return site[place].transpose(order.inverse)
      }
      let sources = [first] + others
      return site.builder.append(op, sources).transpose(order)
    },
    Rewrite("concat(transpose(x), ..) = transpose(concat(x, ..))", ["concat"]) { site in
      guard let concat = site.node.op as? Concat, let (_, order) = site.transposed(0) else {
        return nil
      }
      var sources: [Value] = []
      for place in site.node.operands.indices {
        guard let (x, other) = site.transposed(place), other == order else { return nil }
        sources.append(x)
      }
      return site.builder.append(Concat(axis: order[concat.axis]), sources).transpose(order)
    },
    Rewrite("reshape(transpose(x)) = transpose(reshape(x)), axes split or joined", ["reshape"]) {
      site in
      guard let (x, order) = site.transposed(0) else { return nil }
      return site.reshaped(x, order)
    },
  ]
}

extension RewriteSite {
  /// What an operand transposes, and how: axis i of the operand is axis order[i] of x.
  fileprivate func transposed(_ place: Int) -> (x: Value, order: [Int])? {
    let source = definition(self[place])
    guard let transpose = source.op as? Transpose else { return nil }
    return (builder.value(source.operands[0]), transpose.permutation)
  }

  /// An elementwise op on operands of which those as large as the result are transposed alike.
  fileprivate func mapped() -> Value? {
    let rank = type.shape.rank
    var order: [Int]?
    var (turnsOperand, isSettled) = (false, false)
    for place in node.operands.indices where self[place].shape == type.shape {
      if let (x, own) = transposed(place) {
        guard order == nil || order == own else { return nil }
        order = own
        isSettled = isSettled || !mayTurn(x)
      } else {
        // The gradient of a flattened image comes in the API's order and is turned here, once.
        guard mayTurn(self[place]) else { return nil }
        turnsOperand = true
      }
    }
    // Where all of x might be turned themselves, the result would be turned back.
    guard let order, isSettled || !turnsOperand else { return nil }
    let sources = node.operands.indices.map { place -> Value in
      let value = self[place]
      if value.shape == type.shape, let (x, _) = transposed(place) { return x }
      if value.shape.count == 1 { return value }
      // Repeated along some axes: made of full rank, its axes go where x has them.
      let ones = [Int](repeating: 1, count: rank - value.shape.rank)
      return value.reshape(ones + value.shape.dims).transpose(order.inverse)
    }
    let result = again(sources)
    return result.shape.rank == rank ? result.transpose(order) : nil
  }

  /// Whether a value that is not transposed may be, to meet others that are.
  private func mayTurn(_ value: Value) -> Bool {
    let op = definition(value).op
    return op is Constant || op is Reshape
  }

  /// A reshape whose axes are parts or products of neighbouring axes of x.
  fileprivate func reshaped(_ x: Value, _ order: [Int]) -> Value? {
    let own = order.map { x.shape[$0] }
    guard let blocks = RewriteSite.blocks(own, type.shape.dims) else { return nil }
    // Each block's axes must follow each other in x too.
    for block in blocks {
      let places = block.from.filter { own[$0] != 1 }.map { order[$0] }
      guard zip(places, places.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else { return nil }
    }
    let starts = blocks.map { block in
      block.from.first { own[$0] != 1 }.map { order[$0] } ?? -1
    }
    let byPlace = blocks.indices.sorted { (starts[$0], $0) < (starts[$1], $1) }
    var dims: [Int] = []
    var places = [Int](repeating: 0, count: type.shape.rank)
    for block in byPlace {
      for axis in blocks[block].to {
        places[axis] = dims.count
        dims.append(type.shape[axis])
      }
    }
    return x.reshape(dims).transpose(places)
  }

  /// Runs of axes of one shape that hold as many elements as runs of the other's, as short as
  /// they can be; nil where a shape has no elements.
  private static func blocks(_ from: [Int], _ to: [Int]) -> [(from: [Int], to: [Int])]? {
    guard !from.contains(0), !to.contains(0) else { return nil }
    var blocks: [(from: [Int], to: [Int])] = []
    var (i, j) = (0, 0)
    while i < from.count || j < to.count {
      var block = (from: [Int](), to: [Int]())
      var (left, right) = (1, 1)
      if i < from.count { (left, block.from, i) = (from[i], [i], i + 1) }
      if j < to.count, block.from.isEmpty || left > 1 || to[j] == 1 {
        (right, block.to, j) = (to[j], [j], j + 1)
      }
      while left != right {
        if left < right {
          guard i < from.count else { return nil }
          left *= from[i]
          block.from.append(i)
          i += 1
        } else {
          guard j < to.count else { return nil }
          right *= to[j]
          block.to.append(j)
          j += 1
        }
      }
      // Axes of size 1 go with what is before them.
      while j < to.count, to[j] == 1, i == from.count || from[i] != 1 {
        block.to.append(j)
        j += 1
      }
      while i < from.count, from[i] == 1, j == to.count || to[j] != 1 {
        block.from.append(i)
        i += 1
      }
      blocks.append(block)
    }
    return blocks
  }
}

extension Op {
  /// The op that does to x along axis order[i] what this one does to its transpose along axis i;
  /// nil where there is none.
  fileprivate func reordered(_ order: [Int]) -> (any Op)? {
    func windows(_ windows: Windows) -> Windows? {
      let axes = windows.axes.map { order[$0] }
      // The first of equal elements is the first in this order.
      guard axes == axes.sorted() else { return nil }
      return Windows(
        axes: axes, sizes: windows.sizes, strides: windows.strides, dilations: windows.dilations)
    }
    switch self {
    case let pad as Pad:
      func moved(_ list: [Int]) -> [Int] { order.inverse.map { list[$0] } }
      return Pad(
        low: moved(pad.low), high: moved(pad.high), interior: moved(pad.interior),
        value: pad.value)
    case let slice as StridedSlice:
      let places = slice.axes.indices.sorted { order[slice.axes[$0]] < order[slice.axes[$1]] }
      return StridedSlice(
        axes: places.map { order[slice.axes[$0]] }, starts: places.map { slice.starts[$0] },
        ends: places.map { slice.ends[$0] }, steps: places.map { slice.steps[$0] })
    case let pool as MaxPool: return windows(pool.windows).map { MaxPool($0) }
    case let pool as MaxPoolGradient: return windows(pool.windows).map { MaxPoolGradient($0) }
    case let pool as SumPool: return windows(pool.windows).map { SumPool($0) }
    case let spread as Repeat:
      let axes = spread.axes.map { order[$0] }
      return axes == axes.sorted() ? Repeat(axes: axes, counts: spread.counts) : nil
    default: return nil
    }
  }
}

extension [Int] {
  /// The permutation that undoes this one.
  fileprivate var inverse: [Int] {
    var inverse = self
    for (place, axis) in enumerated() { inverse[axis] = place }
    return inverse
  }
}

extension Convolution {
  /// Whether the kernel works on runs of channels: with a few channels or filters a group it would
  /// find none, and keeps to runs along the last spatial axis.
  fileprivate func gainsFromChannelsLast(_ x: Shape, _ w: Shape) -> Bool {
    let (groups, filters) = (w[0], w[1])
    return groups == 1 || filters >= 8
  }
}

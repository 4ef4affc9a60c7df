extension Rewrite {
  /// Values that are the same along an axis: computed once, repeated as late as possible.
  static let broadcasts: [Rewrite] = [
    Rewrite("broadcast(x) = reshape(x), of as many elements", ["broadcast"]) { site in
      site[0].shape.count == site.type.shape.count ? site[0].reshape(site.type.shape) : nil
    },
    Rewrite("broadcast(broadcast(x)) = broadcast(x)", ["broadcast"]) { site in
      site.operand(of: site[0], "broadcast").map(site.fit)
    },
    Rewrite(
      "view(broadcast(s)) = broadcast(s), s of one element", ["reshape", "transpose", "slice"]
    ) { site in
      guard let s = site.operand(of: site[0], "broadcast"), s.shape.count == 1 else { return nil }
      return site.fit(s.reshape(.scalar))
    },
    Rewrite("f(x, broadcast(y)) = f(x, y)", []) { site in
      guard site.node.op is Elementwise, site.node.operands.count > 1 else { return nil }
      let sources = site.node.operands.indices.map { site.unrepeated($0) ?? site[$0] }
      guard sources.map(\.id) != site.node.operands,
        site.repeated(sources) == site.type.shape
      else { return nil }
      return site.again(sources)
    },
    Rewrite("f(broadcast(x)) = broadcast(f(x))", []) { site in
      guard site.node.op is Elementwise || site.node.op is Cast else { return nil }
      let sources = site.node.operands.indices.map { place in
        site.operand(of: site[place], "broadcast") ?? site[place]
      }
      guard let shape = site.repeated(sources), shape.count < site.type.shape.count else {
        return nil
      }
      return site.fit(site.again(sources))
    },
  ]

  /// Reductions over axes along which there is nothing to reduce, or that less has the sum of.
  static let reductions: [Rewrite] = [
    Rewrite("reduce(x) = reshape(x), over axes of size 1", Reduce.catalog.map(\.name)) { site in
      guard let reduce = site.node.op as? Reduce,
        reduce.axes.allSatisfy({ site[0].shape[$0] == 1 })
      else { return nil }
      return site[0].reshape(site.type.shape)
    },
    Rewrite("sum(broadcast(x)) = sum(x) * count", ["sum"]) { site in
      guard site.type.dtype.isFloat, let (x, count) = site.narrowed else { return nil }
      return site.again([x]) * Double(count)
    },
    // Each window hands its gradient to one element: the gradient of a bias before the pool.
    Rewrite("sum(max_pool_gradient(x, g)) = sum(g), over the windows' axes", ["sum"]) { site in
      let node = site.definition(site[0])
      guard let pool = node.op as? MaxPoolGradient, let reduce = site.node.op as? Reduce,
        pool.windows.axes.allSatisfy(reduce.axes.contains)
      else { return nil }
      return site.again([site.builder.value(node.operands[1])])
    },
    Rewrite("f(broadcast(x)) = f(x)", ["reduce_max", "reduce_min"]) { site in
      site.narrowed.map { site.again([$0.x]) }
    },
  ]
}

extension RewriteSite {
  /// What an operand repeats, where an elementwise op repeats it by itself.
  fileprivate func unrepeated(_ place: Int) -> Value? {
    let value = self[place]
    if let x = operand(of: value, "broadcast") { return x }
    // New axes of size 1 in front are what broadcasting starts with.
    guard let x = operand(of: value, "reshape"), x.shape.rank < value.shape.rank else { return nil }
    let added = value.shape.rank - x.shape.rank
    let ones = [Int](repeating: 1, count: added)
    return value.shape.dims == ones + x.shape.dims ? x : nil
  }

  /// The shape to which the values broadcast together.
  fileprivate func repeated(_ values: [Value]) -> Shape? {
    values.dropFirst().reduce(values.first?.shape) { shape, value in
      shape.flatMap { Shape.broadcast($0, value.shape) }
    }
  }

  /// For a reduction of a broadcast value: that value repeated only along axes that stay, and how
  /// many times every element was repeated along those that go. Nil if it was not.
  fileprivate var narrowed: (x: Value, count: Int)? {
    guard let reduce = node.op as? Reduce, let x = operand(of: self[0], "broadcast") else {
      return nil
    }
    var shape = self[0].shape
    let lead = shape.rank - x.shape.rank
    var count = 1
    for axis in reduce.axes where axis < lead || x.shape[axis - lead] == 1 {
      count *= shape[axis]
      shape[axis] = 1
    }
    return count > 1 ? (x.broadcast(to: shape), count) : nil
  }
}

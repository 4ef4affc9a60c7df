import GraphIR

// Sums and the like over axes, and running ones.

extension OperatorTable {
  static let reductionOperators: [Operator] = [
    reduction("ReduceSum") { $0.sum(axes: $1, keepDims: $2) },
    reduction("ReduceMean") { x, axes, keep in
      if x.dtype.isFloat { return x.mean(axes: axes, keepDims: keep) }
      let count = axes.reduce(1) { $0 * x.shape[$1] }
      return x.sum(axes: axes, keepDims: keep) / Double(max(1, count))
    },
    reduction("ReduceMax") { $0.max(axes: $1, keepDims: $2) },
    reduction("ReduceMin") { $0.min(axes: $1, keepDims: $2) },
    reduction("ReduceProd") { $0.prod(axes: $1, keepDims: $2) },
    reduction("ReduceL1") { $0.abs().sum(axes: $1, keepDims: $2) },
    reduction("ReduceL2") { x, axes, keep in
      if x.dtype.isFloat { return x.vectorNorm(axes: axes, keepDims: keep) }
      return x.cast(to: .f64).vectorNorm(axes: axes, keepDims: keep).cast(to: x.dtype)
    },
    reduction("ReduceSumSquare") { $0.squared().sum(axes: $1, keepDims: $2) },
    reduction("ReduceLogSum") { x, axes, keep in
      x.inFloat { $0.sum(axes: axes, keepDims: keep).log() }
    },
    reduction("ReduceLogSumExp") { x, axes, keep in
      x.inFloat { $0.logSumExp(axes: axes, keepDims: keep) }
    },
    Operator(
      "CumSum", ["exclusive", "reverse"],
      tensor: { node in
        let (x, axis) = try running(node)
        return try node.like(
          0, x.cumsum(axis, exclusive: node.flag("exclusive"), reverse: node.flag("reverse")))
      }),
    Operator(
      "CumProd", ["exclusive", "reverse"],
      tensor: { node in
        let (x, axis) = try running(node)
        let product = x.runningProduct(
          axis, exclusive: node.flag("exclusive"), reverse: node.flag("reverse"))
        return try node.like(0, product)
      }),
  ]

  private static func running(_ node: OperatorContext) throws -> (Value, Int) {
    let x = try node.value(0)
    let given = try node.knownInts(1, "the axis").first ?? 0
    return (x, try node.axis(given, rank: x.shape.rank))
  }

  private static func reduction(
    _ name: String, _ reduce: @escaping @Sendable (Value, [Int], Bool) -> Value
  ) -> Operator {
    Operator(
      name, ["axes", "keepdims", "noop_with_empty_axes"],
      tensor: { node in
        let x = try node.value(0)
        let given = try node.optionalKnownInts(1, "the axes") ?? node.ints("axes") ?? []
        let isEmpty = given.isEmpty
        if isEmpty, node.flag("noop_with_empty_axes") {
          // No axis is reduced, but the function of each element stays.
          return try node.like(0, reduce(x, [], true))
        }
        let axes = isEmpty ? Array(0..<x.shape.rank) : try node.axes(given, rank: x.shape.rank)
        return try node.like(0, reduce(x, axes, node.flag("keepdims", default: true))).wrapped
      })
  }
}

extension Value {
  /// A function of floats, of integers through f64.
  fileprivate func inFloat(_ body: (Value) -> Value) -> Value {
    dtype.isFloat ? body(self) : body(cast(to: .f64)).cast(to: dtype)
  }

  /// log(sum(exp(x))) over several axes, the largest element taken out so that none overflows.
  fileprivate func logSumExp(axes: [Int], keepDims: Bool) -> Value {
    if axes.isEmpty { return self }
    let largest = max(axes: axes, keepDims: true).stopGradient()
    let shift = (largest.abs() .< .infinity).select(largest, constant(0))
    let sum = (self - shift).exp().sum(axes: axes, keepDims: true)
    let result = sum.log() + shift
    if keepDims { return result }
    let kept = shape.dims.indices.filter { !axes.contains($0) }
    return result.reshape(kept.map { shape[$0] })
  }

  /// Running products along `axis`, by doubling: log2(n) products of the whole with itself moved.
  fileprivate func runningProduct(_ axis: Int, exclusive: Bool, reverse: Bool) -> Value {
    let size = shape[axis]
    var result = exclusive ? moved(by: 1, axis, reverse) : self
    var step = 1
    while step < size {
      result = result * result.moved(by: step, axis, reverse)
      step *= 2
    }
    return result
  }

  /// Elements `count` places further along, ones where nothing comes from.
  private func moved(by count: Int, _ axis: Int, _ reverse: Bool) -> Value {
    let size = shape[axis]
    let count = Swift.min(count, size)
    var (low, high) = (shape.dims.map { _ in 0 }, shape.dims.map { _ in 0 })
    if reverse { high[axis] = count } else { low[axis] = count }
    let kept =
      reverse ? slice(axis, from: count, to: size) : slice(axis, from: 0, to: size - count)
    return kept.pad(low: low, high: high, value: 1)
  }
}

extension Scatter {
  public func gradient(_ context: GradientContext) -> [Gradient] {
    let (base, updates) =
      switch mode {
      case .set: gradientsOfSet(context)
      case .mul: gradientsOfProduct(context)
      case .min, .max: gradientsOfExtreme(context)
      }
    return [.value(base), .zero("an index is not continuous"), .value(updates)]
  }

  /// An update that a later one overwrites has no gradient: each place remembers the number of its
  /// last update, and an update asks whether that is its own.
  private func gradientsOfSet(_ context: GradientContext) -> (Value, Value) {
    let (g, indices) = (context.gradient, context.operands[1])
    let updates = context.operands[2]
    let none = updates.constant(0).broadcast(to: updates.shape)
    let base = g.scatter(indices, none, axis: axis)
    let builder = g.builder
    let flat = indices.reshape([indices.shape.count])
    let numbers = builder.iota(.i64, flat.shape)
    let unset = builder.constant(-1, .i64).broadcast(to: [base.shape[axis]])
    let isLast = unset.scatter(flat, numbers).gather(flat) .== numbers
    let trailing = Array(repeating: 1, count: base.shape.rank - axis - 1)
    let mask = isLast.reshape(indices.shape.dims + trailing)
    return (base, mask.select(g.gather(indices, axis: axis), g.constant(0)))
  }

  /// The product of the others is y / x, but where one factor is zero only that one has a gradient,
  /// the product of the rest, and where two are, none has.
  private func gradientsOfProduct(_ context: GradientContext) -> (Value, Value) {
    let (g, base, indices) = (context.gradient, context.operands[0], context.operands[1])
    let updates = context.operands[2]
    let (one, none) = (base.constant(1), base.constant(0))
    let ones = one.broadcast(to: base.shape)
    let ofUpdates = ones.scatter(indices, updates, axis: axis, mode: .mul)
    let (baseIsZero, isZero) = (base .== none, updates .== none)
    let zeros = baseIsZero.cast(to: base.dtype).scatterAdd(
      indices, isZero.cast(to: base.dtype), axis: axis)
    let filled = isZero.select(one, updates)
    let rest = g * baseIsZero.select(one, base).scatter(indices, filled, axis: axis, mode: .mul)
    let atZero = (zeros .== 1).select(rest, none).gather(indices, axis: axis)
    let elsewhere = (zeros .== 0).select(rest, none).gather(indices, axis: axis) / filled
    return (g * ofUpdates, isZero.select(atZero, elsewhere))
  }

  /// Shared evenly among ties, as a reduction's.
  private func gradientsOfExtreme(_ context: GradientContext) -> (Value, Value) {
    let (base, indices, updates) = (
      context.operands[0], context.operands[1], context.operands[2]
    )
    let (g, y) = (context.gradient, context.result)
    let none = g.constant(0)
    let isChosen = updates .== y.gather(indices, axis: axis)
    let baseIsChosen = base .== y
    let ties = baseIsChosen.cast(to: g.dtype).scatterAdd(
      indices, isChosen.cast(to: g.dtype), axis: axis)
    let share = g / ties
    return (
      baseIsChosen.select(share, none),
      isChosen.select(share.gather(indices, axis: axis), none)
    )
  }
}

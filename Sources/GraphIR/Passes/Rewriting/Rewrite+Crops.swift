extension Rewrite {
  /// Slices that leave out what was padded before. The gradient of a padded convolution is one:
  /// it slides over the padded image, and of what it finds the padding's share is thrown away.
  static let crops: [Rewrite] = [
    Rewrite("slice(pad(x)) = pad(x), by less", ["slice"]) { site in
      let source = site.definition(site[0])
      guard let pad = source.op as? Pad, let cuts = site.cuts else { return nil }
      for (axis, cut) in cuts.enumerated() {
        guard cut.low <= pad.low[axis], cut.high <= pad.high[axis] else { return nil }
      }
      let smaller = Pad(
        low: zip(pad.low, cuts).map { $0 - $1.low },
        high: zip(pad.high, cuts).map { $0 - $1.high },
        interior: pad.interior, value: pad.value)
      return site.builder.append(smaller, [site.builder.value(source.operands[0])])
    },
    Rewrite("slice(reshape(x)) = reshape(slice(x)), axes of size 1 coming or going", ["slice"]) {
      site in
      guard let x = site.operand(of: site[0], "reshape"), let cuts = site.cuts else { return nil }
      let (from, to) = (x.shape, site[0].shape)
      let places = from.dims.indices.filter { from[$0] != 1 }
      let cutPlaces = to.dims.indices.filter { to[$0] != 1 }
      // Neighbours that are one axis before and two behind have other numbers of axes or sizes.
      guard places.map({ from[$0] }) == cutPlaces.map({ to[$0] }),
        to.dims.indices.allSatisfy({ to[$0] != 1 || cuts[$0] == (0, 0) })
      else { return nil }
      let own = zip(places, cutPlaces).map { (offset: $0, element: cuts[$1]) }
      return x.cropped(own).reshape(site.type.shape)
    },
    Rewrite("slice(convolution(pad(x), w)) = convolution(slice(pad(x)), w)", ["slice"]) { site in
      let source = site.definition(site[0])
      guard let op = source.op as? Convolution, !op.isChannelsLast,
        op.strides.allSatisfy({ $0 == 1 }), let cuts = site.cuts
      else { return nil }
      let x = site.builder.value(source.operands[0])
      guard let pad = site.definition(x).op as? Pad,
        cuts.prefix(Convolution.leading).allSatisfy({ $0 == (0, 0) })
      else { return nil }
      // More would compute again what other slices of the same result need.
      for (axis, cut) in cuts.enumerated() {
        guard cut.low <= pad.low[axis], cut.high <= pad.high[axis] else { return nil }
      }
      return site.builder.append(
        op, [x.cropped(Array(cuts.enumerated())), site.builder.value(source.operands[1])])
    },
  ]
}

extension RewriteSite {
  /// What a slice leaves out at the beginning and the end of each axis; nil for other nodes, for
  /// other steps than 1, and for a result without elements.
  fileprivate var cuts: [(low: Int, high: Int)]? {
    guard let slice = node.op as? StridedSlice, type.shape.count > 0 else { return nil }
    let shape = self[0].shape
    let walks = slice.walks(shape)
    // One element is walked with step 1, whatever the step was.
    guard walks.allSatisfy({ $0.step == 1 }) else { return nil }
    return walks.enumerated().map { ($1.first, shape[$0] - $1.first - $1.count) }
  }
}

extension Value {
  /// Without so much at both ends of some axes.
  fileprivate func cropped(
    _ cuts: [(offset: Int, element: (low: Int, high: Int))]
  ) -> Value {
    let real = cuts.filter { $0.element != (0, 0) }
    return slice(
      axes: real.map(\.offset), from: real.map(\.element.low),
      to: real.map { shape[$0.offset] - $0.element.high }, step: real.map { _ in 1 })
  }
}

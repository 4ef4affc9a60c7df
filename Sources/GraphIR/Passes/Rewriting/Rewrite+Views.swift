extension Rewrite {
  /// Ops that only move elements.
  static let views: [Rewrite] = [
    Rewrite("f(x) = x, f moving nothing", ["reshape", "broadcast", "cast"]) { site in
      site[0].type == site.type ? site[0] : nil
    },
    Rewrite("slice(x) = x, of everything", ["slice"]) { site in
      guard let slice = site.node.op as? StridedSlice, site[0].type == site.type else { return nil }
      return slice.walks(site.type.shape).allSatisfy { $0.first == 0 && $0.step == 1 }
        ? site[0] : nil
    },
    Rewrite("pad(x) = x, by nothing", ["pad"]) { site in
      guard let pad = site.node.op as? Pad, site[0].type == site.type else { return nil }
      return pad.low.allSatisfy { $0 == 0 } && pad.interior.allSatisfy { $0 == 0 } ? site[0] : nil
    },
    Rewrite("pad(pad(x)) = pad(x), with the same value", ["pad"]) { site in
      let inside = site.definition(site[0])
      guard let outer = site.node.op as? Pad, let inner = inside.op as? Pad,
        outer.value == inner.value, outer.interior.allSatisfy({ $0 == 0 })
      else { return nil }
      let pad = Pad(
        low: zip(inner.low, outer.low).map(+), high: zip(inner.high, outer.high).map(+),
        interior: inner.interior, value: inner.value)
      return site.builder.append(pad, [site.builder.value(inside.operands[0])])
    },
    Rewrite("concat(x) = x", ["concat"]) { $0.node.operands.count == 1 ? $0[0] : nil },
    Rewrite("reshape(reshape(x)) = reshape(x)", ["reshape"]) { site in
      site.operand(of: site[0], "reshape").map { $0.reshape(site.type.shape) }
    },
    Rewrite("transpose(transpose(x)) = transpose(x)", ["transpose"]) { site in
      guard let outer = site.node.op as? Transpose,
        let inner = site.definition(site[0]).op as? Transpose,
        let x = site.operand(of: site[0], "transpose")
      else { return nil }
      return x.transpose(outer.permutation.map { inner.permutation[$0] })
    },
    Rewrite("transpose(x) = reshape(x), where only axes of size 1 move", ["transpose"]) { site in
      guard let transpose = site.node.op as? Transpose else { return nil }
      let moved = transpose.permutation.filter { site[0].shape[$0] != 1 }
      let isKept = zip(moved, moved.dropFirst()).allSatisfy { $0 < $1 }
      return isKept ? site[0].reshape(site.type.shape) : nil
    },
    Rewrite("matmul(transpose(x), y) = matmul(x, y), transposed as it is read", ["matmul"]) {
      site in
      for place in 0...1 {
        if let product = site.untransposed(place) { return product }
      }
      return nil
    },
  ]
}

extension RewriteSite {
  /// The product that reads operand `place` with its rows and columns swapped, where the graph
  /// swaps them before, alone or together with other axes.
  fileprivate func untransposed(_ place: Int) -> Value? {
    let source = definition(self[place])
    guard let product = node.op as? MatMul, let transpose = source.op as? Transpose else {
      return nil
    }
    var permutation = transpose.permutation
    let last = permutation.count - 1
    guard permutation[last] < permutation[last - 1] else { return nil }
    permutation.swapAt(last, last - 1)
    let x = builder.value(source.operands[0]).transpose(permutation)
    let swapped = MatMul(
      transposeA: product.transposeA != (place == 0),
      transposeB: product.transposeB != (place == 1))
    return builder.append(swapped, place == 0 ? [x, self[1]] : [self[0], x])
  }
}

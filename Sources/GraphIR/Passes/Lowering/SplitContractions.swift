extension Pass {
  static let splitContractions = Pass(
    "splitContractions",
    "A kernel's gradient sums over all places of all images: in pieces it stays in cache."
  ) { graph in
    graph.rewritten(by: "splitContractions", where: { $0.op is Convolution }) { _, node, builder in
      guard let convolution = node.op as? Convolution, convolution.isChannelsLast else {
        return nil
      }
      let (x, w) = (builder.value(node.operands[0]), builder.value(node.operands[1]))
      guard let pieces = convolution.pieces(x.shape, w.shape) else { return nil }
      return convolution.split(x, w, pieces)
    }
  }
}

extension Convolution {
  /// Most pieces, and bytes of both operands that one piece should read at most.
  private static let mostPieces = 32
  private static let pieceBytes = 768 * 1024
  /// Sums no longer than this stay whole.
  private static let longSum = 4096

  /// In how many equal pieces the channels are summed; nil for one.
  fileprivate func pieces(_ x: Shape, _ w: Shape) -> Int? {
    let channels = w[2]
    guard x.rank < w.rank, channels > 1, w[1] > 0, w.count / w[1] > Convolution.longSum
    else { return nil }
    let wanted = max(2, (x.count + w.count) * 4 / Convolution.pieceBytes)
    let divisors = (2...min(channels, Convolution.mostPieces)).filter { channels % $0 == 0 }
    return divisors.first { $0 >= wanted } ?? divisors.last
  }

  /// The pieces as groups, and their sum.
  fileprivate func split(_ x: Value, _ w: Value, _ pieces: Int) -> Value {
    let rank = w.shape.rank
    let each = w.shape[2] / pieces
    let left = x.reshape(x.shape.dims.dropLast() + [pieces, each])
    let taps = Array(w.shape.dims.dropFirst(3))
    let right = w.reshape([w.shape[1], pieces, each] + taps)
      .transpose([1, 0, 2] + (3..<rank))
    return left.apply(self, right).sum(axes: [rank - 2])
  }
}

import GraphIR

extension Approximator {
  typealias Weights = [(name: String, tensor: Tensor)]

  /// Weights with which `times` layers of two units are the tent map exactly: 1 - 2|y| is
  /// 1 - 2 relu(y) - 2 relu(-y), one layer for each time that it is applied.
  static func deepTent(_ times: Int) -> (network: Approximator, weights: Weights) {
    let tensor = { (values: [Float], shape: Shape) in Tensor(values, shape: shape) }
    var weights: Weights = [("l0.w", tensor([1, -1], [1, 2])), ("l0.b", tensor([0, 0], [2]))]
    for layer in 1..<max(1, times) {
      weights.append(("l\(layer).w", tensor([-2, 2, -2, 2], [2, 2])))
      weights.append(("l\(layer).b", tensor([1, -1], [2])))
    }
    weights.append(("l\(times).w", tensor([-2, -2], [2, 1])))
    weights.append(("l\(times).b", tensor([1], [1])))
    return (Approximator(.tent(times), depth: times, width: 2), weights)
  }

  /// Weights with which one hidden layer is the same: a unit for each of the 2^times pieces, where
  /// the slope changes by twice 2^times.
  static func shallowTent(_ times: Int) -> (network: Approximator, weights: Weights) {
    let pieces = 1 << times
    let slope = Float(pieces)
    let starts = (0..<pieces).map { 2 * Float($0) / slope - 1 }
    let changes = (0..<pieces).map { $0 == 0 ? slope : $0 % 2 == 1 ? -2 * slope : 2 * slope }
    let ones = [Float](repeating: 1, count: pieces)
    let weights: Weights = [
      ("l0.w", Tensor(ones, shape: [1, pieces])),
      ("l0.b", Tensor(starts.map { -$0 }, shape: [pieces])),
      ("l1.w", Tensor(changes, shape: [pieces, 1])),
      ("l1.b", Tensor([Float(-1)], shape: [1])),
    ]
    return (Approximator(.tent(times), depth: 1, width: pieces), weights)
  }
}

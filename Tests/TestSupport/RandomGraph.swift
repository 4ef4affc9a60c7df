import GraphIR

/// Graphs of many ops, drawn from a seed. Values stay between -2 and 2, so that rounding does not
/// pile up.
public enum RandomGraph {
  private static let shapes: [Shape] = [
    [], [3], [1, 3], [2, 3], [2, 1], [4, 2, 3], [2, 2], [1],
  ]
  private static let constants = [0, 1, -1, 2, 0.5, 3]

  /// The graph of a seed, and inputs for it.
  public static func draw(seed: Int) throws -> (Graph, [String: Tensor]) {
    var random = SplitMix64(seed: UInt64(seed))
    let builder = GraphBuilder("seed \(seed)")
    var inputs: [String: Tensor] = [:]
    var values: [Value] = []
    for (index, shape) in shapes.enumerated() {
      let name = "x\(index)"
      values.append(builder.input(name, .f32, shape))
      let elements = (0..<shape.count).map { _ in Float(random.unit() * 4 - 2) }
      inputs[name] = Tensor(elements, shape: shape)
    }
    let state = builder.variable("state", .f32, [2, 3], initializer: .constant(0.5))
    values.append(state)
    for _ in 0..<40 {
      let value = step(values, &random)
      if value.shape.count <= 500 { values.append(value.clamp(-2, 2)) }
    }
    for (index, value) in values.suffix(6).enumerated() {
      builder.output("y\(index)", value)
    }
    if let next = values.last(where: { $0.shape == state.shape }) {
      builder.update(state, to: next)
    }
    return (try builder.build(), inputs)
  }

  private static func step(_ values: [Value], _ random: inout SplitMix64) -> Value {
    let x = values.randomElement(using: &random)!
    let others = values.filter { Shape.broadcast($0.shape, x.shape) != nil }
    let y = others.randomElement(using: &random)!
    let c = constants.randomElement(using: &random)!
    let axes = x.shape.dims.indices.filter { _ in random.unit() < 0.5 }
    switch Int(random.unit() * 22) {
    case 0: return x + y
    case 1: return x - y
    case 2: return x * y
    case 3: return -x
    case 4: return x + c
    case 5: return c - x
    case 6: return x * c
    case 7: return x / (c == 0 ? 4 : c)
    case 8: return x.abs().pow(abs(c))
    case 9: return (x .> y).select(x, y)
    case 10: return (.!(x .> y)).select(y, x.stopGradient())
    case 11: return x.maximum(y)
    case 12: return x.reshape([-1])
    case 13: return x.transpose(x.shape.dims.indices.shuffled(using: &random))
    case 14: return x.broadcast(to: Shape([2] + x.shape.dims))
    case 15: return x.sum(axes: axes, keepDims: random.unit() < 0.5) * 0.25
    case 16: return x.mean(axes: axes, keepDims: random.unit() < 0.5)
    case 17: return x.max(axes: axes)
    case 18: return x.shape.rank > 1 ? x.cumsum(0) * 0.25 : x.relu().relu()
    case 19: return x.shape.rank > 1 ? x.matmul(x.transposed()) * 0.25 : x.exp() * 0.25
    case 20: return x.shape.rank > 0 ? x.flip(0) : x.sin()
    default: return x.shape.rank > 0 ? concat([x], axis: 0) : x.expandDims(0)
    }
  }
}

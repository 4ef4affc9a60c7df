import GraphIR

// Recurrent networks, unrolled over their steps. Each direction is a run of its own over the
// sequence; where sequences have lengths, steps beyond them leave the state as it is.

extension OperatorTable {
  private static let recurrentAttributes: Set<String> = [
    "activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size",
    "layout",
  ]

  static let recurrentOperators: [Operator] = [
    Operator("RNN", recurrentAttributes) { node in
      try RecurrentLayer(node, gates: 1, activations: ["Tanh"]).results { layer, _ in
        { step, hidden, cell in
          let x =
            step + hidden.matmul(layer.recurrence, transposeB: true) + layer.recurrentBias(0..<1)
          return (layer.activate(0, x), cell)
        }
      }
    },
    Operator("GRU", recurrentAttributes.union(["linear_before_reset"])) { node in
      let isLinear = node.flag("linear_before_reset")
      return try RecurrentLayer(node, gates: 3, activations: ["Sigmoid", "Tanh"]).results {
        layer, _ in gatedUnit(layer, isLinear: isLinear)
      }
    },
    Operator("LSTM", recurrentAttributes.union(["input_forget"])) { node in
      let isCoupled = node.flag("input_forget")
      return try RecurrentLayer(
        node, gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"], hasCell: true
      ).results { layer, peepholes in
        longShortTermMemory(layer, peepholes: peepholes, isCoupled: isCoupled)
      }
    },
  ]

  /// Cho et al. 2014; gates in the order update, reset, hidden.
  private static func gatedUnit(
    _ layer: RecurrentDirection, isLinear: Bool
  ) -> RecurrentDirection.Step {
    let width = layer.width
    let gates = layer.recurrence[axis: 0, 0..<2 * width]
    let candidate = layer.recurrence[axis: 0, 2 * width..<3 * width]
    return { step, hidden, cell in
      let both =
        step[axis: -1, 0..<2 * width] + hidden.matmul(gates, transposeB: true)
        + layer.recurrentBias(0..<2)
      let update = layer.activate(0, both[axis: -1, 0..<width])
      let reset = layer.activate(0, both[axis: -1, width..<2 * width])
      let input = step[axis: -1, 2 * width..<3 * width]
      let own = layer.recurrentBias(2..<3)
      let past =
        isLinear
        ? reset * (hidden.matmul(candidate, transposeB: true) + own)
        : (reset * hidden).matmul(candidate, transposeB: true) + own
      let new = layer.activate(1, input + past)
      return ((1 - update) * new + update * hidden, cell)
    }
  }

  /// Hochreiter and Schmidhuber 1997; gates in the order input, output, forget, cell.
  private static func longShortTermMemory(
    _ layer: RecurrentDirection, peepholes: Value?, isCoupled: Bool
  ) -> RecurrentDirection.Step {
    let width = layer.width
    func part(_ all: Value, _ index: Int) -> Value {
      all[axis: -1, index * width..<(index + 1) * width]
    }
    let bias = layer.recurrentBias(0..<4)
    return { step, hidden, cell in
      let all = step + hidden.matmul(layer.recurrence, transposeB: true) + bias
      func gate(_ index: Int, _ peephole: Int, _ cell: Value) -> Value {
        let x = part(all, index)
        return layer.activate(0, peepholes.map { x + part($0, peephole) * cell } ?? x)
      }
      let input = gate(0, 0, cell)
      let forget = isCoupled ? 1 - input : gate(2, 2, cell)
      let new = forget * cell + input * layer.activate(1, part(all, 3))
      let output = gate(1, 1, new)
      return (output * layer.activations[2](new), new)
    }
  }
}

import GraphIR

/// One direction of a recurrent layer.
struct RecurrentDirection {
  /// What a step makes of its input's part [batch, gates * width], the state and the cell.
  typealias Step = (_ input: Value, _ hidden: Value, _ cell: Value) -> (Value, Value)

  /// Units, the last axis of the state.
  let width: Int
  /// [gates * width, width].
  let recurrence: Value
  /// The recurrent half of the bias, [gates * width].
  let bias: Value?
  let activations: [RecurrentActivation]
  /// The largest size of what goes into an activation.
  let clip: Double?

  /// The recurrent bias of some gates; zero where there is none.
  func recurrentBias(_ gates: Range<Int>) -> Value {
    bias.map { $0[axis: 0, gates.lowerBound * width..<gates.upperBound * width] }
      ?? recurrence.constant(0)
  }

  func activate(_ index: Int, _ x: Value) -> Value {
    activations[index](clip.map { x.clamp(-$0, $0) } ?? x)
  }
}

/// A recurrent layer as a node has it: operands with a first axis for its directions.
struct RecurrentLayer {
  private let node: OperatorContext
  private let directions: Int
  private let isReversed: [Bool]
  private let gates: Int
  private let width: Int
  private let activations: [[RecurrentActivation]]
  private let hasCell: Bool
  private let isBatchFirst: Bool
  /// [steps, batch, features].
  private let x: Value

  init(
    _ node: OperatorContext, gates: Int, activations: [String], hasCell: Bool = false
  ) throws {
    self.node = node
    self.gates = gates
    self.hasCell = hasCell
    isBatchFirst = node.flag("layout")
    switch node.string("direction") ?? "forward" {
    case "forward": isReversed = [false]
    case "reverse": isReversed = [true]
    case "bidirectional": isReversed = [false, true]
    case let other: throw node.wrong("'direction' must not be '\(other)'")
    }
    directions = isReversed.count
    self.activations = try RecurrentActivation.all(
      node, directions: directions, defaults: activations)
    let (input, weight, recurrence) = (try node.value(0), try node.value(1), try node.value(2))
    guard input.shape.rank == 3, weight.shape.rank == 3, recurrence.shape.rank == 3 else {
      throw node.wrong("needs operands with three axes")
    }
    width = recurrence.shape[2]
    let rows = gates * width
    guard recurrence.shape == [directions, rows, width],
      weight.shape == [directions, rows, input.shape[2]]
    else {
      throw node.wrong(
        "weights \(weight.type) and \(recurrence.type) do not fit \(input.type), \(directions) "
          + "directions and \(gates) gates")
    }
    x = isBatchFirst ? input.swapAxes(0, 1) : input
  }

  /// All states [steps, directions, batch, width], the last [directions, batch, width], and the
  /// last cells; batch before them in batch-first layers.
  ///
  /// `makeStep` is called once a direction, with its peepholes [3 * width] if there are any.
  func results(
    _ makeStep: (_ layer: RecurrentDirection, _ peepholes: Value?) -> RecurrentDirection.Step
  ) throws -> [ImportedValue] {
    let (steps, batch) = (x.shape[0], x.shape[1])
    let lengths = try node.optionalValue(4)
    let bias = try node.optionalValue(3)
    let peepholes = hasCell ? try node.optionalValue(7) : nil
    guard bias.map({ $0.shape == [directions, 2 * gates * width] }) ?? true,
      peepholes.map({ $0.shape == [directions, 3 * width] }) ?? true,
      lengths.map({ $0.shape == [batch] }) ?? true
    else { throw node.wrong("its bias, peepholes or lengths do not fit its weights") }
    let clip = node.float("clip").flatMap { $0 > 0 ? $0 : nil }
    var (states, lastStates, lastCells) = ([[Value]](), [Value](), [Value]())
    for direction in 0..<directions {
      let own = bias.map { $0[axis: 0, direction] }
      let layer = RecurrentDirection(
        width: width, recurrence: try node.value(2)[axis: 0, direction],
        bias: own.map { $0[axis: 0, gates * width..<2 * gates * width] },
        activations: activations[direction], clip: clip)
      // One product for all steps.
      var inputs = x.matmul(try node.value(1)[axis: 0, direction], transposeB: true)
      if let own { inputs = inputs + own[axis: 0, 0..<gates * width] }
      let step = makeStep(layer, peepholes.map { $0[axis: 0, direction] })
      var hidden = try initial(5, direction, batch)
      var cell = hasCell ? try initial(6, direction, batch) : hidden
      var outputs = [Value](repeating: hidden, count: steps)
      for time in isReversed[direction] ? (0..<steps).reversed() : Array(0..<steps) {
        let (newHidden, newCell) = step(inputs[axis: 0, time], hidden, cell)
        if let lengths {
          let runs = (lengths .> Double(time)).expandDims(-1)
          outputs[time] = runs.select(newHidden, newHidden.constant(0))
          hidden = runs.select(newHidden, hidden)
          cell = runs.select(newCell, cell)
        } else {
          (hidden, cell) = (newHidden, newCell)
          outputs[time] = hidden
        }
      }
      states.append(outputs)
      lastStates.append(hidden)
      lastCells.append(cell)
    }
    return try arranged(states, lastStates, lastCells, batch)
  }

  private func arranged(
    _ states: [[Value]], _ lastStates: [Value], _ lastCells: [Value], _ batch: Int
  ) throws -> [ImportedValue] {
    // [steps, directions, batch, width].
    let all =
      x.shape[0] == 0
      ? node.filled(0, x.dtype, [0, directions, batch, width])
      : stack(states.map { stack($0, axis: 0) }, axis: 1)
    let (last, cells) = (stack(lastStates, axis: 0), stack(lastCells, axis: 0))
    let values =
      isBatchFirst
      ? [all.transpose([2, 0, 1, 3]), last.swapAxes(0, 1), cells.swapAxes(0, 1)]
      : [all, last, cells]
    return try values.prefix(hasCell ? 3 : 2).map { .tensor(try node.like(0, $0)) }
  }

  /// The state before the first step, [batch, width].
  private func initial(_ index: Int, _ direction: Int, _ batch: Int) throws -> Value {
    guard let given = try node.optionalValue(index) else {
      return node.filled(0, x.dtype, [batch, width])
    }
    let all = isBatchFirst ? given.swapAxes(0, 1) : given
    guard all.shape == [directions, batch, width] else {
      throw node.wrong("operand \(index), \(given.type), does not fit")
    }
    return all[axis: 0, direction]
  }
}

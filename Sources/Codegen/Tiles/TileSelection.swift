import GraphIR

/// Replaces runs of tile instructions by kernels that do more in one pass over the tile.
///
/// Values that something else reads stay. Each rule is one equation, tried at the instruction
/// that ends it.
struct TileSelection {
  private var list: [TileInstruction?]
  private let isStored: (NodeID) -> Bool
  private let constant: (NodeID) -> Double?
  private let columnIndex: (TileInstruction.Source) -> Bool
  private var definition: [NodeID: Int] = [:]
  private var uses: [NodeID: Int] = [:]
  private let inPlace: [NodeID: NodeID]

  /// `columnIndex` tells sources that hold each column's number; nil where a tile does not hold
  /// whole rows of one axis.
  static func select(
    _ list: [TileInstruction], inPlace: [NodeID: NodeID],
    columnIndex: ((TileInstruction.Source) -> Bool)?, isStored: @escaping (NodeID) -> Bool,
    constant: @escaping (NodeID) -> Double?
  ) -> [TileInstruction] {
    var selection = TileSelection(
      list, inPlace, isStored, constant, columnIndex ?? { _ in false })
    for index in list.indices {
      selection.weightedSum(index)
      selection.reluGradient(index)
      selection.adam(index)
      selection.slope(index)
    }
    for index in list.indices { selection.multiplyAdd(index) }
    guard columnIndex != nil else { return selection.list.compactMap { $0 } }
    for index in list.indices {
      selection.exponentialSum(index)
      selection.pick(index)
      selection.multiplyAddAt(index)
    }
    selection.removeUnread()
    return selection.list.compactMap { $0 }
  }

  private init(
    _ list: [TileInstruction], _ inPlace: [NodeID: NodeID],
    _ isStored: @escaping (NodeID) -> Bool, _ constant: @escaping (NodeID) -> Double?,
    _ columnIndex: @escaping (TileInstruction.Source) -> Bool
  ) {
    self.list = list
    self.isStored = isStored
    self.constant = constant
    self.columnIndex = columnIndex
    self.inPlace = inPlace
    for (index, instruction) in list.enumerated() {
      definition[instruction.result] = index
      for case .value(let id) in instruction.sources { uses[id, default: 0] += 1 }
    }
  }

  // MARK: - Rules

  /// a * s + b * t = axpby(a, b, s, t), and a * s + (b * b) * t = ema_square(a, b, s, t).
  private mutating func weightedSum(_ index: Int) {
    guard let sum = list[index], sum.name == "add", sum.resultType.isFloat,
      let (a, s) = scaled(sum.sources[0], sum.shape), let (b, t) = scaled(sum.sources[1], sum.shape)
    else { return }
    var result = sum
    result.parameters = [s, t]
    drop(sum.sources[0])
    drop(sum.sources[1])
    if let square = owned(b, "mul", sum.shape), square.sources[0] == square.sources[1] {
      result.name = "ema_square"
      result.sources = [a, square.sources[0]]
      drop(b)
    } else {
      result.name = "axpby"
      result.sources = [a, b]
    }
    list[index] = result
  }

  /// where(y > 0, g, 0) = relu_grad(g, y).
  private mutating func reluGradient(_ index: Int) {
    guard let select = list[index], select.name == "where", select.resultType.isFloat,
      isConstant(select.sources[2], 0),
      let test = owned(select.sources[0], "greater", select.shape),
      isConstant(test.sources[1], 0), test.sourceTypes[0] == select.resultType
    else { return }
    var result = select
    result.name = "relu_grad"
    result.sources = [select.sources[1], test.sources[0]]
    result.sourceTypes = [select.resultType, select.resultType]
    drop(select.sources[0])
    list[index] = result
  }

  /// a * b + c = muladd(a, b, c).
  private mutating func multiplyAdd(_ index: Int) {
    guard let sum = list[index], sum.name == "add", sum.resultType.isFloat else { return }
    for (product, other) in [(0, 1), (1, 0)] {
      guard let factors = owned(sum.sources[product], "mul", sum.shape) else { continue }
      drop(sum.sources[product])
      var result = sum
      result.name = "muladd"
      result.sources = factors.sources + [sum.sources[other]]
      result.sourceTypes = factors.sourceTypes + [sum.resultType]
      list[index] = result
      return
    }
  }

  /// w - step * (m' / (sqrt(v') * scale + eps)), m' and v' moving averages in place: adam.
  private mutating func adam(_ index: Int) {
    guard let update = list[index], update.name == "sub", update.shape == .full,
      isInPlace(update, update.sources[0]),
      let move = owned(update.sources[1], "mul", .full), move.sources.count == 2,
      let ratio = owned(move.sources[1], "div", .full),
      let denominator = owned(ratio.sources[1], "add", .full),
      let epsilon = scalar(denominator.sources[1]),
      let scaledRoot = owned(denominator.sources[0], "mul", .full),
      let root = owned(scaledRoot.sources[0], "sqrt", .full),
      case .value(let m) = ratio.sources[0], case .value(let v) = root.sources[0],
      let first = definition[m].flatMap({ list[$0] }), first.name == "axpby",
      let second = definition[v].flatMap({ list[$0] }), second.name == "ema_square",
      isInPlace(first, first.sources[0]), isInPlace(second, second.sources[0]),
      uses[m] == 1, uses[v] == 1, first.sources[1] == second.sources[1],
      isScalarLike(move.sources[0]), isScalarLike(scaledRoot.sources[1]),
      isDense(first.sources[1], like: update.sources[0])
    else { return }
    var result = update
    result.name = "adam"
    result.sources = [
      update.sources[0], first.sources[0], second.sources[0], first.sources[1], move.sources[0],
      scaledRoot.sources[1],
    ]
    result.sourceTypes = Array(repeating: update.resultType, count: 6)
    result.otherResults = [m, v]
    result.parameters = first.parameters + second.parameters + [epsilon, 0]
    for source in [
      update.sources[1], move.sources[1], ratio.sources[1], denominator.sources[0],
      scaledRoot.sources[0], .value(m), .value(v),
    ] {
      drop(source)
    }
    list[index] = result
  }

  /// f(x) and f_slope(x) are one kernel, at the place of the first of them.
  private mutating func slope(_ index: Int) {
    guard let second = list[index], second.shape == .full,
      let first = list[..<index].indices.first(where: { place in
        guard let first = list[place] else { return false }
        return first.sources == second.sources && first.shape == .full
          && (second.name == first.name + "_slope" || first.name == second.name + "_slope")
      }), let earlier = list[first]
    else { return }
    let isValueFirst = second.name == earlier.name + "_slope"
    var both = isValueFirst ? earlier : second
    guard ["gelu_tanh", "silu"].contains(both.name) else { return }
    both.name += "_and_slope"
    both.otherResults = [isValueFirst ? second.result : earlier.result]
    list[first] = both
    list[index] = nil
    definition[second.result] = first
  }

  // MARK: - Rules for whole rows

  /// exp(a - m) and the sum of its rows = exp_sub_sum(a, m), where m is one value a row.
  private mutating func exponentialSum(_ index: Int) {
    guard let sum = list[index], sum.name == "sum_rows",
      case .value(let id) = sum.sources[0], let place = definition[id],
      let exponential = list[place], exponential.name == "exp", exponential.shape == .full,
      let difference = instruction(exponential.sources[0], "sub"), isRow(difference.sources[1])
    else { return }
    var result = exponential
    result.name = "exp_sub_sum"
    result.sources = difference.sources
    result.sourceTypes = difference.sourceTypes
    result.otherResults = [sum.result]
    list[place] = result
    list[index] = nil
    definition[sum.result] = place
  }

  /// The sum over a row of where(label == column, a, 0) = pick(a, label), and of
  /// where(label == column, a - b, 0) = pick_sub(a, b, label), where b is one value a row.
  private mutating func pick(_ index: Int) {
    guard let sum = list[index], sum.name == "sum_rows", sum.resultType.isFloat,
      let (chosen, label) = chosen(sum.sources[0])
    else { return }
    var result = sum
    result.name = "pick_rows"
    result.accumulates = false
    result.suffix += "_" + CSyntax.suffix(label.type)
    result.sources = [chosen, label.source]
    result.sourceTypes = [sum.resultType, label.type]
    if let difference = instruction(chosen, "sub"), isRow(difference.sources[1]) {
      result.name = "pick_sub_rows"
      result.sources = difference.sources + [label.source]
      result.sourceTypes = difference.sourceTypes + [label.type]
    }
    list[index] = result
  }

  /// a * b + where(label == column, c, 0) = muladd_at(a, b, c, label), where c is one value a row.
  private mutating func multiplyAddAt(_ index: Int) {
    guard let sum = list[index], sum.name == "muladd", sum.shape == .full,
      let (chosen, label) = chosen(sum.sources[2]), isRow(chosen)
    else { return }
    var result = sum
    result.name = "muladd_at"
    result.suffix += "_" + CSyntax.suffix(label.type)
    result.sources = sum.sources.dropLast() + [chosen, label.source]
    result.sourceTypes.append(label.type)
    list[index] = result
  }

  /// a and the label where the source is where(label == column, a, 0).
  private func chosen(
    _ source: TileInstruction.Source
  ) -> (TileInstruction.Source, label: (source: TileInstruction.Source, type: DType))? {
    guard let select = instruction(source, "where"), isConstant(select.sources[2], 0),
      let test = instruction(select.sources[0], "equal"),
      let column = test.sources.firstIndex(where: columnIndex), isRow(test.sources[1 - column])
    else { return nil }
    return (select.sources[1], (test.sources[1 - column], test.sourceTypes[1 - column]))
  }

  /// Leaves out what nothing reads any more.
  private mutating func removeUnread() {
    var read: Set<NodeID> = []
    for (index, instruction) in list.enumerated().reversed() {
      guard let instruction else { continue }
      let results = [instruction.result] + instruction.otherResults
      guard results.contains(where: { read.contains($0) || isStored($0) }) else {
        list[index] = nil
        continue
      }
      for case .value(let id) in instruction.sources { read.insert(id) }
    }
  }

  // MARK: - Patterns

  /// The instruction that computes a source of full tiles which is in a tile only, whoever else
  /// reads it. (A stored value may lie where what it was made of has been.)
  private func instruction(
    _ source: TileInstruction.Source, _ name: String
  ) -> TileInstruction? {
    guard case .value(let id) = source, let index = definition[id], let instruction = list[index],
      instruction.name == name, instruction.shape == .full, !isStored(id)
    else { return nil }
    return instruction
  }

  /// Whether a source is one value a row.
  private func isRow(_ source: TileInstruction.Source) -> Bool {
    switch source {
    case .scalar: true
    case .memory(_, _, let strides): strides.last == 0
    case .value(let id):
      definition[id].flatMap { list[$0] }.map { instruction in
        instruction.shape == .row || instruction.shape == .rowReduction
          || instruction.result != id && instruction.name == "exp_sub_sum"
      } ?? false
    }
  }

  /// The instruction of a value that nothing but one instruction reads.
  private func owned(
    _ source: TileInstruction.Source, _ name: String, _ shape: TileInstruction.Shape
  )
    -> TileInstruction?
  {
    guard case .value(let id) = source, let index = definition[id], let instruction = list[index],
      instruction.name == name, instruction.shape == shape, !isStored(id),
      uses[id] == 1
    else { return nil }
    return instruction
  }

  /// x and s where the source is x * s with a constant s.
  private func scaled(_ source: TileInstruction.Source, _ shape: TileInstruction.Shape)
    -> (TileInstruction.Source, Double)?
  {
    guard let product = owned(source, "mul", shape), let factor = scalar(product.sources[1])
    else { return nil }
    return (product.sources[0], factor)
  }

  private func scalar(_ source: TileInstruction.Source) -> Double? {
    guard case .scalar(let id) = source else { return nil }
    return constant(id)
  }

  private func isConstant(_ source: TileInstruction.Source, _ value: Double) -> Bool {
    scalar(source) == value
  }

  /// One value for the whole domain, computed before.
  private func isScalarLike(_ source: TileInstruction.Source) -> Bool {
    switch source {
    case .scalar: true
    case .memory(_, _, let strides): strides.allSatisfy { $0 == 0 }
    case .value: false
    }
  }

  /// Whether a source has an element for each of the tile's, stored as the other one is.
  private func isDense(_ source: TileInstruction.Source, like other: TileInstruction.Source)
    -> Bool
  {
    switch (source, other) {
    case (.value, _): true
    case (.memory(_, _, let strides), .memory(_, _, let others)): strides == others
    default: false
    }
  }

  private func isInPlace(_ instruction: TileInstruction, _ source: TileInstruction.Source) -> Bool {
    guard case .memory(let base, 0, _) = source else { return false }
    return inPlace[instruction.result] == base
  }

  private mutating func drop(_ source: TileInstruction.Source) {
    guard case .value(let id) = source, let index = definition[id] else { return }
    list[index] = nil
  }
}

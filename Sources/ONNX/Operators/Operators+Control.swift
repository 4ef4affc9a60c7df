import GraphIR

// Branches and loops: unrolled, as what decides them is known at compile time.

extension OperatorTable {
  static let controlOperators: [Operator] = [
    Operator("If", ["then_branch", "else_branch"], build: branch),
    Operator("Loop", ["body"], build: loop),
    Operator(
      "Scan",
      [
        "body", "num_scan_inputs", "scan_input_axes", "scan_input_directions", "scan_output_axes",
        "scan_output_directions", "directions",
      ], build: scan),
    Operator(
      "Gradient", ["xs", "y", "zs"], domain: "ai.onnx.preview.training", build: gradient),
  ]

  /// More rounds are a mistake, or better done by an operator of their own.
  private static let mostRounds = 100_000

  private static func branch(_ node: OperatorContext) throws -> [ImportedValue] {
    let (yes, no) = (try node.graph("then_branch"), try node.graph("else_branch"))
    if let known = try node.knownIfPossible(0) {
      let isTrue = known.doubles.first.map { $0 != 0 } ?? false
      return try node.importer.outputs(of: isTrue ? yes : no, inputs: [], in: node)
    }
    // Decided by data: both are computed, and one is chosen if they agree in shape.
    let condition = try node.value(0).reshape([])
    let results = zip(
      try node.importer.outputs(of: yes, inputs: [], in: node),
      try node.importer.outputs(of: no, inputs: [], in: node))
    return try results.map { a, b in
      guard case .tensor(let a) = a, case .tensor(let b) = b, a.value.type == b.value.type else {
        throw UnsupportedUse("the condition must be known: the branches differ in shape")
      }
      return ImportedValue(condition.select(a.value, b.value), a.elementType)
    }
  }

  private static func loop(_ node: OperatorContext) throws -> [ImportedValue] {
    let body = try node.graph("body")
    let limit = try node.optionalKnownInts(0, "the trip count")?.first
    let carriedCount = node.inputs.count - 2
    guard carriedCount >= 0, body.output.count >= carriedCount + 1 else {
      throw node.wrong("its body must give a condition and every carried value")
    }
    var goesOn = try node.optionalValue(1)
    var carried = try (0..<carriedCount).map { try node.input($0 + 2) }
    var collected = [[Value]](repeating: [], count: body.output.count - 1 - carriedCount)
    var elementTypes = [ONNXElementType?](repeating: nil, count: collected.count)
    var round = 0
    while limit.map({ round < $0 }) ?? true {
      if let condition = goesOn {
        let known = try node.known(condition, "the loop's condition")
        if known.doubles.first == 0 { break }
      } else if limit == nil {
        throw node.wrong("the loop never ends")
      }
      guard round < mostRounds else { throw UnsupportedUse("more than \(mostRounds) rounds") }
      let number = ImportedValue(node.constant([round], .scalar))
      let condition = ImportedValue(
        node.builder.constant(Tensor([true], shape: .scalar)))
      let results = try node.importer.outputs(
        of: body, inputs: [number, condition] + carried, in: node)
      if results.contains(where: \.isUnsupported) {
        return (0..<node.outputCount).map { _ in .unsupported }
      }
      if case .tensor(let next) = results[0] { goesOn = next.value }
      carried = Array(results[1...carriedCount])
      for (place, value) in results.dropFirst(carriedCount + 1).enumerated() {
        guard case .tensor(let tensor) = value else { throw UnsupportedUse("a list of sequences") }
        collected[place].append(tensor.value)
        elementTypes[place] = tensor.elementType
      }
      round += 1
    }
    let lists = try zip(collected, elementTypes).enumerated().map { place, list in
      guard let elementType = list.1 else {
        return try emptyList(body.output[place + 1 + carriedCount], node)
      }
      return ImportedValue(stack(list.0, axis: 0), elementType)
    }
    return carried + lists
  }

  /// The result of no rounds: no elements of the shape that the body declares.
  private static func emptyList(
    _ output: ValueInfoProto, _ node: OperatorContext
  ) throws -> ImportedValue {
    let tensor = output.type.tensorType
    let shape = Shape([0] + tensor.shape.dim.map { Int(limiting: $0.dimValue) })
    guard shape.isValid else { throw node.wrong("shape \(shape) is outside the limits") }
    let elementType = try elementType(Int(tensor.elemType), node)
    return ImportedValue(
      node.builder.constant(Tensor(zeros: TensorType(elementType.storage, shape))),
      elementType)
  }

  private static func scan(_ node: OperatorContext) throws -> [ImportedValue] {
    guard node.opset >= 9 else { return try batchedScan(node) }
    return try scan(node, operands: node.inputs.indices.map { try node.input($0) })
  }

  /// Version 8: sequence lengths first, which must be left out, and a batch axis around all.
  private static func batchedScan(_ node: OperatorContext) throws -> [ImportedValue] {
    guard !node.hasInput(0) else { throw UnsupportedUse("sequence lengths") }
    let operands = try node.inputs.indices.dropFirst().map { try node.tensor($0) }
    guard let batch = operands.first?.shape.dims.first else { throw node.wrong("has no operands") }
    let results = try (0..<batch).map { row in
      try scan(
        node, operands: operands.map { ImportedValue($0.value[axis: 0, row], $0.elementType) })
    }
    return try (results.first ?? []).indices.map { place in
      let parts = try results.map { result -> ImportedTensor in
        guard case .tensor(let tensor) = result[place] else { throw UnsupportedUse("a sequence") }
        return tensor
      }
      return ImportedValue(stack(parts.map(\.value), axis: 0), parts[0].elementType)
    }
  }

  private static func scan(
    _ node: OperatorContext, operands: [ImportedValue]
  ) throws -> [ImportedValue] {
    let body = try node.graph("body")
    let count = try node.requiredInt("num_scan_inputs")
    let stateCount = operands.count - count
    guard count > 0, stateCount >= 0, body.output.count >= stateCount else {
      throw node.wrong("\(count) scanned inputs do not fit its operands")
    }
    let scanned = try operands.dropFirst(stateCount).map { operand -> ImportedTensor in
      guard case .tensor(let tensor) = operand, tensor.rank > 0 else {
        throw node.wrong("scanned inputs must be tensors with axes")
      }
      return tensor
    }
    let axes = try scanned.enumerated().map { place, tensor in
      try node.axis(node.ints("scan_input_axes")?[safe: place] ?? 0, rank: tensor.rank)
    }
    let directions = node.ints("scan_input_directions") ?? node.ints("directions") ?? []
    let rounds = scanned[0].shape[axes[0]]
    var state = Array(operands.prefix(stateCount))
    var collected = [[ImportedTensor]](repeating: [], count: body.output.count - stateCount)
    for round in 0..<rounds {
      let elements = scanned.enumerated().map { place, tensor in
        let index = directions[safe: place] == 1 ? rounds - 1 - round : round
        return ImportedValue(tensor.value[axis: axes[place], index], tensor.elementType)
      }
      let results = try node.importer.outputs(of: body, inputs: state + elements, in: node)
      state = Array(results.prefix(stateCount))
      for (place, result) in results.dropFirst(stateCount).enumerated() {
        guard case .tensor(let tensor) = result else { return results.map { _ in .unsupported } }
        collected[place].append(tensor)
      }
    }
    let lists = try collected.enumerated().map { place, list in
      guard let first = list.first else {
        return try emptyList(body.output[place + stateCount], node)
      }
      let axis = node.ints("scan_output_axes")?[safe: place] ?? 0
      let isReversed = node.ints("scan_output_directions")?[safe: place] == 1
      let values = (isReversed ? list.reversed() : list).map(\.value)
      let counted = axis < 0 ? axis + first.rank + 1 : axis
      return ImportedValue(stack(values, axis: counted), first.elementType)
    }
    return state + lists
  }

  /// The gradients of a value named `y` of this graph, at the operands that stand for `xs`.
  private static func gradient(_ node: OperatorContext) throws -> [ImportedValue] {
    let names = node.strings("xs") ?? []
    guard let target = node.string("y"),
      case .tensor(let y)? = try node.importer.value(target, in: node.scope)
    else { throw node.wrong("attribute 'y' must name a tensor computed before") }
    let xs = try names.indices.map { try node.value($0) }
    for (name, x) in zip(names, xs) {
      guard case .tensor(let own)? = try node.importer.value(name, in: node.scope),
        own.value.id == x.id
      else { throw UnsupportedUse("a gradient at another place than '\(name)'") }
    }
    let ones = y.value.constant(1).broadcast(to: y.shape)
    return node.builder.gradients(of: y.value, withRespectTo: xs, seed: ones)
      .map { ImportedValue($0) }
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

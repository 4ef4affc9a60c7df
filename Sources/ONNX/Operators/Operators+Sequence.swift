import GraphIR

// Sequences and optionals: known in length at compile time.

extension OperatorTable {
  static let sequenceOperators: [Operator] = [
    Operator(
      "SequenceConstruct",
      build: { node in
        [.sequence(try node.inputs.indices.map { try node.input($0) })]
      }),
    Operator("SequenceEmpty", ["dtype"], build: { _ in [.sequence([])] }),
    Operator(
      "SequenceLength",
      build: { node in
        [ImportedValue(node.constant([try node.sequence(0).count], .scalar))]
      }),
    Operator(
      "SequenceAt",
      build: { node in
        let elements = try node.sequence(0)
        return [elements[try node.place(1, in: elements.count)]]
      }),
    Operator(
      "SequenceInsert",
      build: { node in
        var elements = try node.sequence(0)
        // The end is a place, too, but -1 is before the last element.
        let end = elements.count
        let place = node.hasInput(2) ? try node.place(2, in: end, orEnd: true) : end
        elements.insert(try node.input(1), at: place)
        return [.sequence(elements)]
      }),
    Operator(
      "SequenceErase",
      build: { node in
        var elements = try node.sequence(0)
        guard !elements.isEmpty else { throw node.wrong("its sequence is empty") }
        let last = elements.count - 1
        elements.remove(at: node.hasInput(1) ? try node.place(1, in: elements.count) : last)
        return [.sequence(elements)]
      }),
    Operator(
      "ConcatFromSequence", ["axis", "new_axis"],
      build: { node in
        let tensors = try node.sequenceOfTensors(0)
        guard let first = tensors.first else { throw node.wrong("its sequence is empty") }
        let isNew = node.flag("new_axis")
        let rank = first.rank + (isNew ? 1 : 0)
        let axis = try node.axis(try node.requiredInt("axis"), rank: rank)
        let values = tensors.map(\.value)
        let joined = isNew ? stack(values, axis: axis) : concat(values, axis: axis)
        return [ImportedValue(joined, first.elementType)]
      }),
    Operator("SplitToSequence", ["axis", "keepdims"], build: splitToSequence),
    Operator(
      "SequenceMap", ["body"],
      build: { node in
        let body = try node.graph("body")
        let count = try node.sequence(0).count
        var results = [[ImportedValue]](repeating: [], count: body.output.count)
        for place in 0..<count {
          let operands = try node.inputs.indices.map { index -> ImportedValue in
            guard case .sequence(let list) = try node.input(index).unwrapped else {
              return try node.input(index)
            }
            guard place < list.count else { throw node.wrong("its sequences differ in length") }
            return list[place]
          }
          let values = try node.importer.outputs(of: body, inputs: operands, in: node)
          for (output, value) in values.enumerated() { results[output].append(value) }
        }
        return results.map { .sequence($0) }
      }),
    Operator(
      "Optional", ["type"],
      build: { node in
        [.optional(node.hasInput(0) ? try node.input(0) : nil)]
      }),
    Operator(
      "OptionalHasElement",
      build: { node in
        var isFull = node.hasInput(0)
        if isFull, case .optional(nil) = try node.input(0) { isFull = false }
        return [ImportedValue(node.builder.constant(Tensor([isFull], shape: .scalar)))]
      }),
    Operator(
      "OptionalGetElement",
      build: { node in
        let input = try node.input(0)
        if case .optional(nil) = input { throw node.wrong("its optional is empty") }
        return [input.unwrapped]
      }),
  ]

  private static func splitToSequence(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.tensor(0)
    let axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
    let size = x.shape[axis]
    var sizes = [Int](repeating: 1, count: size)
    var keepsAxis = node.flag("keepdims", default: true)
    if node.hasInput(1) {
      keepsAxis = true
      let split = try node.value(1)
      let given = try node.knownInts(1, "the sizes")
      if split.shape.rank == 0 {
        let part = max(1, given.first ?? 1)
        sizes = stride(from: 0, to: size, by: part).map { min(part, size - $0) }
      } else {
        sizes = given
      }
    }
    guard sizes.reduce(0, +) == size, sizes.allSatisfy({ $0 >= 0 }) else {
      throw node.wrong("sizes \(sizes) do not fill axis \(axis) of \(x.value.type)")
    }
    let parts = x.value.split(sizes: sizes, axis: axis)
    return [
      .sequence(
        parts.map { ImportedValue(keepsAxis ? $0 : $0.squeeze(axis), x.elementType) })
    ]
  }
}

extension OperatorContext {
  func sequence(_ index: Int) throws -> [ImportedValue] {
    guard case .sequence(let elements) = try input(index).unwrapped else {
      throw wrong("operand \(index) must be a sequence")
    }
    return elements
  }

  func sequenceOfTensors(_ index: Int) throws -> [ImportedTensor] {
    try sequence(index).map { element in
      guard case .tensor(let tensor) = element.unwrapped else {
        throw wrong("operand \(index) must be a sequence of tensors")
      }
      return tensor
    }
  }

  /// A place of a sequence of `count`, counted from the end if negative.
  func place(_ index: Int, in count: Int, orEnd: Bool = false) throws -> Int {
    let given = try knownInts(index, "the place").first ?? 0
    let place = given < 0 ? given + count : given
    guard place >= 0, place < count || orEnd && place == count else {
      throw wrong("place \(given) is outside a sequence of \(count)")
    }
    return place
  }
}

import GraphIR

/// How the arrays of a data set fill the inputs of a graph: by name, row for row.
struct BatchFeed {
  private struct Slot {
    let name: String
    let array: Int
    let dtype: DType
  }

  private let dataset: Dataset
  private let slots: [Slot]

  /// Covers the inputs that the graph's results depend on; others stay as they are.
  ///
  /// Axes behind the first may differ where the elements of a row are as many.
  ///
  /// Errors: `TrainingError.input`, `DataError.noArray`, `DataError.notConvertible`.
  init(_ dataset: Dataset, for graph: Graph) throws {
    self.dataset = dataset
    let used = graph.usedNodes
    slots = try graph.inputs.filter { used[$0.id.index] }.map { _, input in
      let entry = try dataset.array(input.key)
      let (needs, has) = (input.type.shape.dims, entry.tensor.shape.dims)
      let (row, given) = (needs.dropFirst().reduce(1, *), has.dropFirst().reduce(1, *))
      guard !needs.isEmpty, row == given else {
        throw TrainingError.input(
          name: input.key, needs: "\(input.type)", file: entry.file,
          given: "\(entry.tensor.type)")
      }
      return Slot(name: input.key, array: dataset.index(of: input.key)!, dtype: input.type.dtype)
    }
    // Of numbers that must become integers each one counts, so that none fails in the midst.
    for slot in slots where !slot.dtype.isFloat {
      for start in stride(from: 0, to: dataset.count, by: 1024) {
        let rows = Array(start..<min(start + 1024, dataset.count))
        _ = try dataset.batch(slot.array, indices: rows, as: slot.dtype)
      }
    }
  }

  var count: Int { dataset.count }

  /// Gathers rows straight into the executable's inputs, which must have that many.
  func fill(_ executable: Executable, _ indices: [Int]) throws {
    for slot in slots {
      guard let buffer = executable.inputBuffer(slot.name) else { continue }
      try dataset.batch(slot.array, indices: indices, as: slot.dtype, into: buffer)
    }
  }
}

extension Graph {
  /// For each node, whether an output or an update depends on it.
  fileprivate var usedNodes: [Bool] {
    var used = [Bool](repeating: false, count: nodes.count)
    for output in outputs { used[output.value.index] = true }
    for update in updates { used[update.value.index] = true }
    for id in ids.reversed() where used[id.index] {
      for operand in self[id].operands { used[operand.index] = true }
    }
    return used
  }
}

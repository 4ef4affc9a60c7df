import GraphIR

extension Program {
  /// The plan of the arena, a line a buffer, and the layout of the state.
  ///
  /// `first` and `last` are the kernels, counted as in the schedule, between which a buffer holds
  /// something; results are kept beyond the last kernel.
  public var memoryText: String {
    var table = TextTable([
      ("buffer", .right), ("offset", .right), ("bytes", .right), ("first", .right),
      ("last", .right), ("nodes", .left),
    ])
    let plan = buffers.enumerated().sorted {
      ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
    }
    for (index, buffer) in plan {
      let nodes = buffer.nodes.map(describe).joined(separator: ", ")
      let isKept = buffer.nodes.contains { id in graph.outputs.contains { $0.value == id } }
      table.add(
        "\(index)", "\(buffer.offset)", "\(buffer.bytes)", "\(buffer.first + 1)",
        isKept ? "kept" : "\(min(buffer.last + 1, kernels.count))",
        nodes.isEmpty ? buffer.content : nodes)
    }
    var variables = TextTable([
      ("variable", .left), ("offset", .right), ("bytes", .right), ("type", .left),
      ("role", .left),
    ])
    for entry in state.entries {
      variables.add(
        quoted(entry.name), "\(entry.offset)", "\(entry.type.byteCount)", "\(entry.type)",
        entry.role.rawValue)
    }
    return """
      \(table.text)
      arena        \(plannedBytes) bytes
      lower bound  \(liveBytes) bytes alive at once
      ratio        \(FixedPoint.text(Double(plannedBytes) / Double(max(1, liveBytes)), 3))

      \(variables.text)
      state        \(state.byteCount) bytes

      """
  }

  private func describe(_ id: NodeID) -> String {
    let label = graph[id].label
    return label.isEmpty ? "\(id)" : "\(id) \(quoted(label))"
  }

  /// Names come from models: one with line breaks must not break the table.
  private func quoted(_ name: String) -> String {
    let isPlain = name.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 32 && $0.value < 127 }
    return isPlain ? name : name.debugDescription
  }
}

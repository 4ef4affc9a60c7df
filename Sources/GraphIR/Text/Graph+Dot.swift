extension Graph {
  /// The graph as Graphviz draws it: `dot -Tsvg`.
  ///
  /// Inputs and variables are ellipses, results double circles; a dashed edge leads from a value
  /// to the variable that it is left in.
  public var dot: String {
    var text = "digraph \(name.quotedForDot) {\n  node [shape=box, fontname=\"monospace\"];\n"
    for id in ids {
      let node = self[id]
      text += "  n\(id.index) [label=\(caption(id).quotedForDot)"
      if node.op is Input || node.op is Variable { text += ", shape=ellipse" }
      text += "];\n"
      for operand in node.operands { text += "  n\(operand.index) -> n\(id.index);\n" }
    }
    for (place, output) in outputs.enumerated() {
      text += "  o\(place) [label=\(output.name.quotedForDot), shape=doublecircle];\n"
      text += "  n\(output.value.index) -> o\(place);\n"
    }
    for update in updates {
      text += "  n\(update.value.index) -> n\(update.variable.index) [style=dashed, "
      text += "constraint=false];\n"
    }
    return text + "}\n"
  }

  private func caption(_ id: NodeID) -> String {
    let node = self[id]
    let label = node.label.isEmpty ? "" : "\n\(node.label)"
    return "\(id) \(node.op.name)\(label)\n\(node.type)"
  }
}

extension String {
  /// Graphviz knows these escapes only.
  fileprivate var quotedForDot: String {
    var text = "\""
    for character in self {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where character.isNewline: text += "\\n"
      default: text.append(character)
      }
    }
    return text + "\""
  }
}

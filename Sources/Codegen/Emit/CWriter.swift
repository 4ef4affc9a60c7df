import GraphIR

/// Lines of C, indented, with the node each line belongs to.
struct CWriter {
  private(set) var lines: [(indent: Int, text: String, node: NodeID?)] = []
  private var indent: Int
  /// The node that lines written from now on belong to.
  var node: NodeID?

  init(indent: Int = 0) { self.indent = indent }

  mutating func line(_ text: String = "") {
    lines.append((text.isEmpty ? 0 : indent, text, node))
  }

  mutating func open(_ text: String) {
    line(text)
    indent += 1
  }

  mutating func close(_ text: String = "}") {
    indent -= 1
    node = nil
    line(text)
  }

  /// Ends a block that has no brace.
  mutating func dedent() { indent -= 1 }

  /// Adds another writer's lines at this one's indentation.
  mutating func append(_ other: CWriter) {
    for line in other.lines { lines.append((line.indent + indent, line.text, line.node)) }
  }

  var text: String {
    var text = ""
    for line in lines {
      for _ in 0..<line.indent { text += "  " }
      text += line.text
      text += "\n"
    }
    return text
  }

  /// The node of each line that has one, by line number from 1.
  var nodeOfLine: [Int: NodeID] {
    var result: [Int: NodeID] = [:]
    for (index, line) in lines.enumerated() {
      if let node = line.node { result[index + 1] = node }
    }
    return result
  }
}

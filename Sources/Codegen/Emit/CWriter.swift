import GraphIR

/// Lines of C, indented, with the node each line belongs to.
struct CWriter {
  private(set) var lines: [(indent: Int, text: String, node: NodeID?)] = []
  /// Names of the variables that single lines declare, by the line's index.
  private var declared: [Int: String] = [:]
  private var indent = 0
  /// The node that lines written from now on belong to.
  var node: NodeID?

  mutating func line(_ text: String = "") {
    lines.append((text.isEmpty ? 0 : indent, text, node))
  }

  /// A line that declares a variable, for `dropUnused` to judge.
  mutating func declaration(of name: String, _ text: String) {
    declared[lines.count] = name
    line(text)
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
    for (index, name) in other.declared { declared[lines.count + index] = name }
    for line in other.lines { lines.append((line.indent + indent, line.text, line.node)) }
  }

  /// Takes out the declarations from line `first` on of variables that no later line reads, which
  /// a strict compiler would warn of.
  mutating func dropUnused(from first: Int) {
    var read: Set<Substring> = []
    var kept: [Int] = []
    // Backwards, so that what only a dropped line read is dropped too.
    for index in (first..<lines.count).reversed() {
      if let name = declared[index], !read.contains(Substring(name)) { continue }
      read.formUnion(lines[index].text.identifiers)
      kept.append(index)
    }
    let names = declared
    for index in declared.keys where index >= first { declared[index] = nil }
    for (place, index) in kept.reversed().enumerated() { declared[first + place] = names[index] }
    lines.replaceSubrange(first..., with: kept.reversed().map { lines[$0] })
  }

  /// Every name that occurs outside of comments.
  var identifiers: Set<Substring> {
    lines.reduce(into: []) { $0.formUnion($1.text.identifiers) }
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

extension String {
  /// The words of a line of C; none of a comment.
  fileprivate var identifiers: [Substring] {
    if hasPrefix("/*") { return [] }
    return split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
  }
}

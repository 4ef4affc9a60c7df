extension Graph {
  /// The text form, which parses to an equal graph.
  public var text: String { text { _ in nil } }

  /// The text form with a comment behind some nodes.
  public func text(comment: (NodeID) -> String?) -> String {
    var text = "graph \(name.quoted) {\n"
    for id in ids {
      text += "  "
      write(id, to: &text)
      if let comment = comment(id) {
        text += "  // " + comment.split(whereSeparator: \.isNewline).joined(separator: " ")
      }
      text += "\n"
    }
    for output in outputs { text += "  output \(output.name.quoted) \(output.value)\n" }
    for update in updates { text += "  update \(update.variable) \(update.value)\n" }
    return text + "}\n"
  }

  private func write(_ id: NodeID, to text: inout String) {
    let node = self[id]
    text += "\(id) = \(node.op.name)"
    let attributes = node.op.attributes
    if !attributes.isEmpty {
      text += "("
      for (place, attribute) in attributes.enumerated() {
        if place > 0 { text += ", " }
        text += attribute.name
        text += "="
        attribute.value.write(to: &text)
      }
      text += ")"
    }
    for (place, operand) in node.operands.enumerated() {
      text += place > 0 ? ", \(operand)" : " \(operand)"
    }
    text += " : \(node.type)"
    if !node.label.isEmpty { text += "  #\(node.label.quoted)" }
    if let place = node.location { text += " @\(place.file.quoted):\(place.line)" }
  }
}

extension AttributeValue {
  fileprivate func write(to text: inout String) {
    switch self {
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .double(let value): text += value.literal
    case .string(let value): text += value.quoted
    case .ints(let values):
      text += "["
      for (place, value) in values.enumerated() { text += place > 0 ? ", \(value)" : "\(value)" }
      text += "]"
    case .doubles(let values):
      text += "["
      for (place, value) in values.enumerated() {
        if place > 0 { text += ", " }
        text += value.literal
      }
      text += "]"
    }
  }
}

extension Double {
  /// The shortest number that parses to the same bits, never looking like an integer.
  fileprivate var literal: String {
    guard isNaN, bitPattern != Double.nan.bitPattern else { return description }
    return "nan(0x\(String(bitPattern, radix: 16)))"
  }
}

extension String {
  /// In quotes, on one line.
  var quoted: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

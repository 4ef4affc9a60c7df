import Runtime

/// What keeps a graph from being written as an ONNX model.
public enum ExportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nodes whose op has no counterpart, as `Graph.describe` has them.
  case unsupported([String])
  /// Variables that no value was given for.
  case noValue([String])
  /// An output has the name of an input or a variable that it is not.
  case name(String)

  public var description: String {
    let text =
      switch self {
      case .unsupported(let nodes):
        "no ONNX operators are known for: \(nodes.joined(separator: "; "))"
      case .noValue(let names):
        "there are no values for the variables \(names.joined(separator: ", "))"
      case .name(let name): "output '\(name)' has the name of an input or variable; rename one"
      }
    return text.onOneLine
  }
}

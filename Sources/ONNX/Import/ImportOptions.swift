import GraphIR

/// What is known when an ONNX model is made into a graph.
public struct ImportOptions: Sendable {
  /// Sizes of symbolic dimensions by name; `x.0` stands for a nameless first axis of input `x`.
  public var dims: [String: Int] = [:]
  /// Inputs whose tensors are known already. Their shapes bind symbolic dimensions; their values
  /// are used where an operator must know them to have a shape, and only there.
  public var inputs: [String: ONNXTensor] = [:]
  /// Shapes of inputs whose values are not known, such as batches of data.
  public var shapes: [String: Shape] = [:]
  /// Whether normalizations use and update the statistics of the batch, as in training.
  public var isTraining = false
  /// Which float initializers may become parameters; the others are state.
  public var isTrainable: @Sendable (String) -> Bool = { _ in true }

  public init() {}
}

/// An ONNX model as a graph, and what the graph does not hold.
public struct ImportedModel: Sendable {
  /// An input or output as the file has it; the graph has its storage type.
  public struct Port: Hashable, Sendable {
    public var name: String
    public var elementType: ONNXElementType
  }

  /// The forward graph: inputs and outputs under the model's names.
  public var graph: Graph
  public var inputs: [Port]
  public var outputs: [Port]
  /// Values of the graph's variables by name, in their storage types.
  public var weights: [String: Tensor]
  /// Inputs whose values went into the graph: it holds for these values only.
  public var baked: Set<String>
}

/// What keeps an ONNX model from being made into a graph.
public enum ImportError: Error, Hashable, CustomStringConvertible {
  /// Operators, attributes or uses of them that are not supported: all of the model's, in order.
  case unsupported([UnsupportedNode])
  /// A node that is wrong or does not fit its operands.
  case node(String, message: String)
  /// The graph around the nodes is wrong.
  case graph(String)

  public var description: String {
    switch self {
    case .unsupported(let nodes):
      "\(nodes.count == 1 ? "a node is" : "\(nodes.count) nodes are") not supported: "
        + nodes.map(\.description).joined(separator: "; ")
    case .node(let node, let message): "\(node): \(message)"
    case .graph(let message): message
    }
  }
}

/// A node that cannot be imported, and why.
public struct UnsupportedNode: Hashable, Sendable, CustomStringConvertible {
  public let node: String
  public let reason: String
  public var description: String { "\(node): \(reason)" }
}

import GraphIR

/// Finds the values of nodes that depend on nothing but what is known at compile time: constants,
/// weights, and inputs whose tensors were given.
///
/// Shapes, slice bounds and trip counts of ONNX models are tensors computed by other nodes. The
/// importer builds those nodes like all others and asks here only where it needs a number; nodes
/// that nothing else reads are removed afterwards.
struct StaticEvaluator {
  private let known: [String: Tensor]
  private var values: [NodeID: ReferenceTensor] = [:]
  /// Inputs that a value depended on.
  private(set) var read: Set<String> = []

  /// Larger results are computed when the graph runs, not here.
  private static let largestResult = 1 << 22

  /// `known` by the names of inputs.
  init(known: [String: Tensor]) { self.known = known }

  /// The value of a node, or nil where it depends on data. `weights` are the variables' values.
  mutating func value(
    of id: NodeID, in graph: Graph, weights: [String: Tensor]
  ) -> Tensor? {
    if let constant = graph[id].op as? Constant { return constant.tensor }
    if let input = graph[id].op as? Input, let tensor = known[input.key] {
      read.insert(input.key)
      return tensor
    }
    guard let needed = needed(for: id, in: graph, weights: weights) else { return nil }
    for node in needed.sorted() { evaluate(node, in: graph, weights: weights) }
    return values[id].map { Tensor($0.type, doubles: $0.values) }
  }

  /// The nodes without a value yet that `id` depends on, itself included; nil if one has none.
  private func needed(
    for id: NodeID, in graph: Graph, weights: [String: Tensor]
  ) -> Set<NodeID>? {
    var found: Set<NodeID> = []
    var open = [id]
    while let next = open.popLast() {
      guard values[next] == nil, found.insert(next).inserted else { continue }
      let node = graph[next]
      switch node.op {
      case let input as Input: if known[input.key] == nil { return nil }
      case let variable as Variable: if weights[variable.key] == nil { return nil }
      case is Random: return nil
      default: open += node.operands
      }
      if node.type.shape.count > Self.largestResult { return nil }
    }
    return found
  }

  private mutating func evaluate(_ id: NodeID, in graph: Graph, weights: [String: Tensor]) {
    let node = graph[id]
    switch node.op {
    case let input as Input:
      read.insert(input.key)
      values[id] = known[input.key].map { ReferenceTensor($0.type, $0.doubles) }
    case let variable as Variable:
      values[id] = weights[variable.key].map { ReferenceTensor($0.type, $0.doubles) }
    default:
      let operands = node.operands.compactMap { values[$0] }
      let result = node.op.reference(operands, node.type)
      // As the compiled step would have it: every result in its own element type.
      let rounded = Tensor(node.type, doubles: result)
      values[id] = ReferenceTensor(node.type, rounded.doubles)
    }
  }
}

extension Pass {
  static let recomputeKept = Pass(
    "recomputeKept", "After everything that would take a value computed again for the first one."
  ) { graph in
    guard let loss = graph.output("loss") else { return graph }
    return Recomputation(graph, loss: loss).graph
  }
}

/// Computes again for the backward part what is made of values that are kept for it anyway by
/// elementwise functions and normalizations alone: a normalized row scaled and shifted, of the row;
/// an activation, of what it was applied to. It costs a pass over memory, and one buffer less is
/// alive from the forward to the backward part. (Chen et al. 2016, "Training deep nets with
/// sublinear memory cost", with the recomputation chosen value by value.)
private struct Recomputation {
  let before: Graph
  private let loss: Int
  private let computations: [Computation]
  /// The nodes of the backward part that read each node.
  private var late: [[Int]]
  /// How many contractions and attentions come before each node.
  private var heavy: [Int] = [0]
  private var lastEarlyUse: [Int]
  /// What is computed again, and what that takes.
  private var chosen: Set<Int> = []
  private var kept: Set<Int> = []

  /// Smaller values stay in cache.
  static let fewestBytes = 1 << 18
  /// Nodes computed again for one value, at most. A longer chain takes more time than the memory it
  /// saves is worth: group norms computed again take a fifth off diffusion's memory and add 4 to 8 %
  /// to its step.
  static let longestChain = 2

  init(_ graph: Graph, loss: NodeID) {
    before = graph
    self.loss = loss.index
    computations = graph.ids.map { graph[$0].op.computation(graph.operandTypes($0)) }
    late = Array(repeating: [], count: graph.nodes.count)
    lastEarlyUse = Array(graph.nodes.indices)
    for (index, node) in graph.nodes.enumerated() {
      for operand in Set(node.operands) {
        if index > self.loss {
          late[operand.index].append(index)
        } else {
          lastEarlyUse[operand.index] = index
        }
      }
      heavy.append(heavy[index] + (Self.isHeavy(computations[index]) ? 1 : 0))
    }
    let results = Set(graph.outputs.map(\.value.index) + graph.updates.map(\.value.index))
    for index in 0...self.loss
    where isKept(index) && !results.contains(index) && isFar(index)
      && graph.nodes[index].type.byteCount >= Self.fewestBytes
    {
      var roots: Set<Int> = []
      var length = 0
      if isRecomputable(index, &roots, &length), length > 0 {
        chosen.insert(index)
        kept.formUnion(roots)
      }
    }
  }

  private static func isHeavy(_ computation: Computation) -> Bool {
    switch computation {
    case .contraction, .attention, .attentionGradient: true
    default: false
    }
  }

  private func isKept(_ index: Int) -> Bool {
    !late[index].isEmpty && computations[index] != .source
  }

  /// Whether the value would lie idle while a product runs.
  private func isFar(_ index: Int) -> Bool {
    guard let first = late[index].first else { return false }
    return heavy[first] > heavy[lastEarlyUse[index] + 1]
  }

  /// Whether the node is cheap and made of sources, kept values, and nodes of which that is true;
  /// collects the kept values.
  private func isRecomputable(_ index: Int, _ roots: inout Set<Int>, _ length: inout Int) -> Bool {
    switch computations[index] {
    case .map, .rows: length += 1
    case .view: break
    default: return false
    }
    guard length <= Self.longestChain else { return false }
    for operand in before.nodes[index].operands.map(\.index) {
      if computations[operand] == .source || chosen.contains(operand) { continue }
      if isKept(operand) {
        roots.insert(operand)
      } else if !isRecomputable(operand, &roots, &length) {
        return false
      }
    }
    return true
  }

  /// The graph in which late readers read what is computed again.
  var graph: Graph {
    guard !chosen.isEmpty else { return before }
    var after = Graph(name: before.name)
    var moved: [NodeID] = []
    var again: [Int: NodeID] = [:]
    func append(_ op: any Op, _ operands: [NodeID], like index: Int) -> NodeID {
      let node = before.nodes[index]
      after.nodes.append(
        Node(op: op, operands: operands, type: node.type, location: node.location))
      return NodeID(after.nodes.count - 1)
    }
    /// The value as the backward part sees it.
    func recomputed(_ index: Int) -> NodeID {
      if let id = again[index] { return id }
      var id = moved[index]
      if kept.contains(index) {
        id = append(Recompute(), [id], like: index)
      } else if computations[index] != .source {
        let node = before.nodes[index]
        id = append(node.op, node.operands.map { recomputed($0.index) }, like: index)
      }
      again[index] = id
      return id
    }
    for (index, source) in before.nodes.enumerated() {
      var node = source
      // An elementwise reader of a kept value would else join the forward part.
      var isMap = false
      if case .map = computations[index] { isMap = true }
      node.operands = source.operands.map { operand in
        guard index > loss, chosen.contains(operand.index) || isMap && kept.contains(operand.index)
        else { return moved[operand.index] }
        return recomputed(operand.index)
      }
      after.nodes.append(node)
      moved.append(NodeID(after.nodes.count - 1))
    }
    after.take(results: before) { moved[$0.index] }
    return after
  }
}

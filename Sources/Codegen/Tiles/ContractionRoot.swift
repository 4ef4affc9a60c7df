import GraphIR

/// What a contraction's kernel computes in registers: the product, with what is added before its
/// sum begins, and a ReLU when it ends.
struct ContractionRoot {
  /// The value it computes.
  private(set) var result: NodeID
  let type: DType
  /// Where the sum starts from, a bias or a residual; 0 where there is none.
  private(set) var start: TileInstruction.Source?
  private(set) var hasReLU = false
  /// The nodes computed, the product first.
  private(set) var nodes: [NodeID]

  init(result: NodeID, type: DType) {
    self.result = result
    self.type = type
    nodes = [result]
  }

  /// Takes over the first instructions where they add a run of memory to each row of the product,
  /// or cut off what is negative, and nothing else reads what they work on.
  mutating func absorb(_ instructions: inout [TileInstruction], isStored: (NodeID) -> Bool) {
    while let next = instructions.first, !isStored(result), next.shape == .full,
      next.resultType == type, uses(of: result, instructions) == 1, take(next)
    {
      result = next.result
      nodes.append(next.result)
      instructions.removeFirst()
    }
  }

  private func uses(of id: NodeID, _ instructions: [TileInstruction]) -> Int {
    instructions.reduce(0) { $0 + $1.sources.count { $0 == .value(id) } }
  }

  private mutating func take(_ next: TileInstruction) -> Bool {
    switch next.name {
    case "add":
      guard start == nil, !hasReLU, let place = next.sources.firstIndex(of: .value(result)),
        case .memory(_, _, let strides) = next.sources[1 - place], strides.last == 1
      else { return false }
      start = next.sources[1 - place]
      return true
    case "relu":
      guard !hasReLU, next.sources == [.value(result)] else { return false }
      hasReLU = true
      return true
    default: return false
    }
  }
}

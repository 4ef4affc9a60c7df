import GraphIR

/// The attentions that keep the exponentials of their scores for their gradient, which else computes
/// them again: a fifth of what it does.
///
/// The memory grows with queries times keys. It is spent where it stays within a few times what
/// attention reads and writes anyway, so that a step's memory grows with the tokens, and where it
/// spares a noticeable part of the step.
struct KeptScores {
  /// The attention that keeps exponentials, of itself and of the gradients that read them.
  private(set) var keeper: [NodeID: NodeID] = [:]
  /// What an attention keeps, in bytes.
  private(set) var bytes: [NodeID: Int] = [:]

  /// Times the bytes of q, k, v and the result that may be kept.
  static let mostMemory = 5
  /// The share of a graph's contractions that must be spared.
  static let leastShare = 1.0 / 32

  init() {}

  init(_ lowered: LoweredGraph, _ target: Target) {
    let graph = lowered.graph
    let attentions = graph.ids.filter { id in
      if case .attention = lowered.computations[id.index] { true } else { false }
    }
    var spared = 0.0
    for id in graph.ids {
      guard case .attentionGradient(let scale, let isCausal) = lowered.computations[id.index],
        let own = attentions.first(where: { other in
          lowered.computations[other.index] == .attention(scale: scale, isCausal: isCausal)
            && other < id && KeptScores.haveSameScores(other, id, lowered)
        })
      else { continue }
      let blocks = AttentionBlocks(lowered.attentionSizes(id), graph[own].type.dtype, target)
      let operands = graph.operandTypes(own).prefix(3).reduce(graph[own].type.byteCount) {
        $0 + $1.byteCount
      }
      guard graph[own].type.shape.count > 0,
        blocks.keptBytes <= KeptScores.mostMemory * operands
      else { continue }
      keeper[own] = own
      keeper[id] = own
      bytes[own] = blocks.keptBytes
      spared += 2 * Double(blocks.sizes.scores.count) * Double(blocks.sizes.features)
    }
    if spared < KeptScores.leastShare * graph.contractionOperations { self = KeptScores() }
  }

  /// Whether the scores of an attention are those of a gradient: of the same queries, keys and mask.
  private static func haveSameScores(
    _ attention: NodeID, _ gradient: NodeID, _ lowered: LoweredGraph
  ) -> Bool {
    let graph = lowered.graph
    // A gradient has the result's gradient before the mask.
    let count = graph[attention].operands.count
    guard graph[gradient].operands.count == count + 1 else { return false }
    return [0, 1].allSatisfy { lowered.access(attention, $0) == lowered.access(gradient, $0) }
      && (3..<count).allSatisfy {
        lowered.access(attention, $0) == lowered.access(gradient, $0 + 1)
      }
  }
}

import GraphIR

/// From how much work on threads share it, in element operations of an elementwise kernel.
public struct Sharing: Hashable, Sendable {
  /// A step of less is one thread's: the caches of cores that lie apart exchange what the other
  /// wrote more slowly than one computes it.
  let step: Int
  /// A kernel of less is one thread's: it takes about as long as threads meeting twice.
  let kernel: Int
  /// Of a loop of that much, threads take work from each other, for which they must meet after it:
  /// uneven shares cost more. Products and attention are always taken so.
  let taken: Int
  /// Partial sums, of which fewer are one thread's.
  let finish: Int

  public init(
    step: Int = 1_048_576, kernel: Int = 32_768, taken: Int = 1_048_576, finish: Int = 8192
  ) {
    (self.step, self.kernel, self.taken, self.finish) = (step, kernel, taken, finish)
  }

  /// What is shared of a step of so much work.
  func within(_ work: Int) -> Sharing {
    work < step ? Sharing(step: .max, kernel: .max, taken: .max, finish: .max) : self
  }
}

extension Kernel {
  /// How much work it is, in element operations of an elementwise kernel.
  func work(_ lowered: LoweredGraph) -> Int {
    var work = 0
    for id in nodes {
      let count = lowered.shape(id).count
      switch lowered.computations[id.index] {
      case .contraction:
        // A multiply-add of a product takes about a sixth of a fused elementwise operation.
        work += count * ContractionForm(id, lowered).depth / 6
      case .attention, .attentionGradient:
        work += Int(lowered.graph.contractionOperations(id) / 12)
      case .reduce, .argReduce: work += lowered.readDomain(id, 0).count
      case .pool(.spread, _): work += count
      case .pool(_, let windows):
        work += windows.count * lowered.readDomain(id, lowered.graph[id].operands.count - 1).count
      case .random: work += 16 * count
      default: work += count
      }
    }
    return work
  }

  /// Whether threads take its work from each other.
  func isTaken(_ work: Int, _ sharing: Sharing, _ lowered: LoweredGraph) -> Bool {
    switch lowered.computations[nodes[0].index] {
    case .contraction, .attention, .attentionGradient: true
    // Threads' parts are columns, of which few are slow.
    case .scatter, .scatterAdd: false
    default: work >= sharing.taken
    }
  }
}

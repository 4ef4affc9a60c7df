import GraphIR

/// What threads share, by how much work it is, in element operations of an elementwise kernel.
public struct Sharing: Hashable, Sendable {
  /// A step of less is one thread's: the caches of cores that lie apart exchange what the other
  /// wrote more slowly than one computes it.
  var step = 1_048_576
  /// A kernel of less is one thread's: it takes about as long as threads meeting twice.
  var kernel = 32_768
  /// Of a loop of that much, threads take work from each other, for which they must meet after it:
  /// uneven shares cost more. Products and attention are always taken so.
  var taken = 1_048_576
  /// Partial sums, of which fewer are one thread's.
  var finish = 8192

  public init() {}

  private init(taken: Int) { (step, kernel, self.taken, finish) = (0, 0, taken, 0) }

  /// All of it, in equal parts.
  public static let equally = Sharing(taken: .max)
  /// All of it, taken from each other.
  public static let always = Sharing(taken: 0)

  func isSmall(_ step: [Kernel], _ lowered: LoweredGraph) -> Bool {
    step.reduce(0) { $0 + Self.work($1, lowered) } < self.step
  }

  func isSerial(_ kernel: Kernel, _ lowered: LoweredGraph) -> Bool {
    Self.work(kernel, lowered) < self.kernel
  }

  func isTaken(_ kernel: Kernel, _ lowered: LoweredGraph) -> Bool {
    switch lowered.computations[kernel.nodes[0].index] {
    case .contraction, .attention, .attentionGradient: true
    // Threads' parts are columns, of which few are slow.
    case .scatter, .scatterAdd: false
    default: Self.work(kernel, lowered) >= taken
    }
  }

  /// In element operations of an elementwise kernel.
  private static func work(_ kernel: Kernel, _ lowered: LoweredGraph) -> Int {
    var work = 0
    for id in kernel.nodes {
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
}

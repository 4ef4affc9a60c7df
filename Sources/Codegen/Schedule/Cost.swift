import GraphIR

/// How much work a kernel is, to decide whether sharing it repays a barrier.
enum Cost {
  /// Element operations that take about as long as threads meeting twice.
  static let worthSharing = 131_072

  static func isSerial(_ kernel: Kernel, _ lowered: LoweredGraph) -> Bool {
    work(kernel, lowered) < worthSharing
  }

  /// In element operations of an elementwise kernel.
  static func work(_ kernel: Kernel, _ lowered: LoweredGraph) -> Int {
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

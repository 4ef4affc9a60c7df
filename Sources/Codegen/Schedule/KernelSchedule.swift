import GraphIR
import HeapModule

/// The kernels in the order they run, and which variables are updated in place.
///
/// A kernel that overwrites a variable in place comes after every other kernel that reads the old
/// value. Where that cannot be, the new value gets a buffer and is copied at the end.
struct KernelSchedule {
  var lowered: LoweredGraph
  private(set) var kernels: [Kernel]
  /// The kernel that computes each node.
  private(set) var home: [Int?]
  /// The variable in whose place a node is computed.
  private(set) var inPlace: [NodeID: NodeID] = [:]
  /// The variables that lie in panels.
  var panels: [NodeID: PanelLayout] = [:]
  /// The zeros around the image that a convolution sees and nobody writes.
  var paddings: [NodeID: Padding] = [:]
  /// Updates copied at the end.
  private(set) var copied: [Graph.Update] = []

  init(_ fusion: Fusion) {
    lowered = fusion.lowered
    kernels = fusion.kernels
    home = fusion.home
    let graph = lowered.graph
    var edges = KernelSchedule.dataEdges(lowered, home, kernels.count)
    var taken: Set<NodeID> = []
    var wanted: [Graph.Update] = []
    for update in graph.updates {
      if taken.insert(update.value).inserted, canOverwrite(update) {
        wanted.append(update)
      } else {
        copied.append(update)
      }
    }
    for update in wanted {
      let writer = home[update.value.index]!
      let readers = Set(lowered.readers[update.variable.index].compactMap { home[$0.index] })
      let others = readers.subtracting([writer])
      if others.contains(where: { KernelSchedule.reaches(from: writer, to: $0, edges) }) {
        copied.append(update)
        continue
      }
      for reader in others { edges[reader].insert(writer) }
      inPlace[update.value] = update.variable
    }
    for (value, variable) in inPlace { takeOperand(of: value, into: variable) }
    reorder(KernelSchedule.order(edges))
  }

  /// Whether the kernel of the new value reads the old one only where and before it writes it.
  private func canOverwrite(_ update: Graph.Update) -> Bool {
    guard let home = home[update.value.index] else { return false }
    let kernel = kernels[home]
    guard kernel.kind != .single, let position = kernel.nodes.firstIndex(of: update.value),
      !(kernel.kind == .loop && lowered.isReduction(update.value))
    else { return false }
    let role = kernel.role(of: update.value, lowered)
    for (index, id) in kernel.nodes.enumerated() {
      for operand in lowered.graph.nodes[id.index].operands.indices where lowered.reads(id, operand)
      {
        let access = lowered.access(id, operand)
        guard access.base == update.variable else { continue }
        guard index <= position, kernel.role(of: id, lowered) == role,
          !(index == 0 && kernel.kind != .loop), !lowered.isReduction(id),
          access.isIdentity(over: lowered.shape(id))
        else { return false }
      }
    }
    return true
  }

  /// What a loop makes a new value of, element by element, and nobody else reads, lies in the
  /// variable's place, too, where nobody reads the old value: random numbers before their scaling.
  private mutating func takeOperand(of value: NodeID, into variable: NodeID) {
    guard lowered.readers[variable.index].isEmpty, !lowered.isResult(variable),
      let home = home[value.index], kernels[home].kind == .loop,
      kernels[home].nodes.last == value
    else { return }
    let type = lowered.graph[value].type
    let members = kernels[home].nodes
    for base in members.flatMap(lowered.bases) {
      guard let own = self.home[base.index], own != home, inPlace[base] == nil,
        !lowered.isResult(base), lowered.graph[base].type == type,
        lowered.readers[base.index].allSatisfy({ isMap($0) && members.contains($0) }),
        lowered.readers[base.index].allSatisfy({ reader in
          lowered.graph[reader].operands.indices.allSatisfy { operand in
            let access = lowered.access(reader, operand)
            return access.base != base || access.isIdentity(over: type.shape)
          }
        })
      else { continue }
      inPlace[base] = variable
      return
    }
  }

  private func isMap(_ id: NodeID) -> Bool {
    if case .map = lowered.computations[id.index] { return true }
    return false
  }

  private static func dataEdges(_ lowered: LoweredGraph, _ home: [Int?], _ count: Int)
    -> [Set<Int>]
  {
    var edges = [Set<Int>](repeating: [], count: count)
    for id in lowered.graph.ids {
      guard let to = home[id.index] else { continue }
      let keeper = lowered.keptScores.keeper[id].map { [$0] } ?? []
      for base in lowered.bases(id) + keeper {
        if let from = home[base.index], from != to { edges[from].insert(to) }
      }
    }
    return edges
  }

  private static func reaches(from start: Int, to goal: Int, _ edges: [Set<Int>]) -> Bool {
    // Data edges point forward; only the edges added for updates can point back.
    var seen: Set<Int> = [start]
    var waiting = [start]
    while let kernel = waiting.popLast() {
      if kernel == goal { return true }
      for next in edges[kernel] where seen.insert(next).inserted { waiting.append(next) }
    }
    return false
  }

  /// A topological order that keeps to the given one where it can.
  private static func order(_ edges: [Set<Int>]) -> [Int] {
    var incoming = [Int](repeating: 0, count: edges.count)
    for targets in edges { for target in targets { incoming[target] += 1 } }
    var ready = Heap(edges.indices.filter { incoming[$0] == 0 })
    var order: [Int] = []
    while let kernel = ready.popMin() {
      order.append(kernel)
      for target in edges[kernel] {
        incoming[target] -= 1
        if incoming[target] == 0 { ready.insert(target) }
      }
    }
    precondition(order.count == edges.count, "KernelSchedule: kernels depend in a circle")
    return order
  }

  private mutating func reorder(_ order: [Int]) {
    var position = [Int](repeating: 0, count: order.count)
    for (index, kernel) in order.enumerated() { position[kernel] = index }
    kernels = order.map { kernels[$0] }
    home = home.map { $0.map { position[$0] } }
  }

  /// Leaves out kernels that nobody needs.
  mutating func drop(_ positions: Set<Int>) {
    guard !positions.isEmpty else { return }
    var position = [Int?](repeating: nil, count: kernels.count)
    for (index, kernel) in kernels.indices.filter({ !positions.contains($0) }).enumerated() {
      position[kernel] = index
    }
    kernels = kernels.indices.filter { !positions.contains($0) }.map { kernels[$0] }
    home = home.map { $0.flatMap { position[$0] } }
  }

  /// Whether the node needs memory that outlives its kernel's tile.
  func isStored(_ id: NodeID) -> Bool {
    guard let own = home[id.index] else { return false }
    return lowered.isResult(id) || lowered.readers[id.index].contains { home[$0.index] != own }
  }
}

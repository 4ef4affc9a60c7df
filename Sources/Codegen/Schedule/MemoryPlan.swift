import GraphIR

/// Where every buffer lies in the arena. Buffers that are alive together do not overlap.
struct MemoryPlan {
  struct Buffer {
    /// The nodes that live in it one after another.
    var nodes: [NodeID] = []
    /// What it holds instead of nodes' values.
    var content = ""
    var bytes: Int
    /// First and last kernel, in schedule order, at which it holds something.
    var first: Int
    var last: Int
    var offset = 0
  }

  private(set) var buffers: [Buffer] = []
  /// The buffer of a node that has one.
  private(set) var bufferOf: [NodeID: Int] = [:]
  /// The buffer of the partial results of a reduction whose rows are too long to be in cache.
  private(set) var partial: [NodeID: Int] = [:]
  /// The buffer of the exponentials that an attention keeps for its gradient.
  private(set) var kept: [NodeID: Int] = [:]
  /// Bytes of all buffers' places together.
  private(set) var arenaBytes = 0
  /// The most bytes alive at once: no plan can do with less.
  private(set) var lowerBound = 0

  private static let parts = "parts of a reduction"
  static let alignment = 64
  static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  init(_ schedule: KernelSchedule) {
    let lowered = schedule.lowered
    let end = schedule.kernels.count
    var lastUse: [NodeID: Int] = [:]
    for id in lowered.graph.ids where schedule.isStored(id) && schedule.inPlace[id] == nil {
      let uses = lowered.readers[id.index].compactMap { schedule.home[$0.index] }
      lastUse[id] = lowered.isResult(id) ? end : uses.max() ?? end
    }
    for (position, kernel) in schedule.kernels.enumerated() {
      for id in kernel.nodes {
        if !kernel.isResident, lowered.isReduction(id) {
          let bytes =
            kernel.partialPieces * kernel.rowShape.count
            * lowered.graph.nodes[id.index].type.dtype.size
          partial[id] = buffers.count
          buffers.append(
            Buffer(
              content: MemoryPlan.parts, bytes: MemoryPlan.aligned(bytes), first: position,
              last: position))
        }
        if let sums = kernel.columnSums, sums.chunks > 1,
          kernel.role(of: id, lowered) == .column
        {
          let bytes =
            sums.outer * sums.chunks * sums.inner
            * lowered.graph.nodes[id.index].type.dtype.size
          partial[id] = buffers.count
          buffers.append(
            Buffer(
              content: MemoryPlan.parts, bytes: MemoryPlan.aligned(bytes), first: position,
              last: position))
        }
        if let bytes = lowered.keptScores.bytes[id] {
          let readers = lowered.keptScores.keeper.filter { $0.value == id }.keys
          let last = readers.compactMap { schedule.home[$0.index] }.max() ?? position
          kept[id] = buffers.count
          buffers.append(
            Buffer(
              content: "exponentials of \(id)", bytes: MemoryPlan.aligned(bytes), first: position,
              last: last))
        }
        guard let last = lastUse[id] else { continue }
        let type = lowered.graph.nodes[id.index].type
        let count = schedule.panels(of: id)?.count(type.shape) ?? type.shape.count
        let bytes = MemoryPlan.aligned(max(1, count * type.dtype.size))
        if let reused = donor(to: id, in: kernel, at: position, schedule, lastUse) {
          buffers[reused].nodes.append(id)
          buffers[reused].last = last
          bufferOf[id] = reused
        } else {
          bufferOf[id] = buffers.count
          buffers.append(Buffer(nodes: [id], bytes: bytes, first: position, last: last))
        }
      }
    }
    assignOffsets(steps: end + 1)
  }

  /// A buffer whose value dies where the node is computed, element by element in the same place.
  private func donor(
    to id: NodeID, in kernel: Kernel, at position: Int, _ schedule: KernelSchedule,
    _ lastUse: [NodeID: Int]
  ) -> Int? {
    let lowered = schedule.lowered
    var bases: [NodeID]
    var isWindow = false
    switch lowered.computations[id.index] {
    case .map where kernel.kind != .single, .rows: bases = lowered.bases(id)
    case .pool(.maxGradient, let windows)
    where windows.areDisjoint && windows.cover(lowered.shape(id)):
      // A window is read before it is written, and is nobody else's.
      let x = lowered.access(id, 0)
      guard x.isIdentity(over: lowered.shape(id)), x.base != lowered.access(id, 1).base else {
        return nil
      }
      (bases, isWindow) = ([x.base], true)
    default: return nil
    }
    // A loop with whole rows in cache may overwrite what else it has read by then: the gradient of
    // logits takes the place of the logits.
    if kernel.kind == .loop, kernel.isResident {
      bases += kernel.nodes.prefix { $0 != id }.flatMap(lowered.bases)
    }
    for base in bases {
      guard let buffer = bufferOf[base], buffers[buffer].last == position,
        buffers[buffer].nodes.last == base, lastUse[base] == position,
        schedule.home[base.index] != position, schedule.panels[base] == schedule.panels[id],
        lowered.graph.nodes[base.index].type.byteCount
          == lowered.graph.nodes[id.index].type.byteCount,
        isWindow || onlyReadsInPlace(base, upTo: id, kernel, schedule)
      else { continue }
      return buffer
    }
    return nil
  }

  /// Whether the kernel reads `base` only at each element's own place, and not after `id`.
  private func onlyReadsInPlace(
    _ base: NodeID, upTo id: NodeID, _ kernel: Kernel, _ schedule: KernelSchedule
  ) -> Bool {
    let lowered = schedule.lowered
    var isPast = false
    // What lives in tiles only may be computed as a part of a later instruction, which then reads
    // `base` at its own time.
    var deferred: Set<NodeID> = []
    for (index, node) in kernel.nodes.enumerated() {
      let isLate = lowered.bases(node).contains { deferred.contains($0) }
      if isPast && isLate { return false }
      for operand in lowered.graph.nodes[node.index].operands.indices
      where lowered.reads(node, operand) {
        let access = lowered.access(node, operand)
        guard access.base == base else { continue }
        if isPast || (index == 0 && kernel.kind != .loop) { return false }
        let domain = lowered.readDomain(node, operand)
        if domain != lowered.shape(id) || !access.isIdentity(over: domain) { return false }
        if case .map = lowered.computations[node.index] { deferred.insert(node) }
      }
      if isLate, case .map = lowered.computations[node.index] { deferred.insert(node) }
      if schedule.isStored(node) { deferred.remove(node) }
      if node == id { isPast = true }
    }
    return true
  }

  /// Largest first, each at the lowest place where nothing alive at the same time lies.
  private mutating func assignOffsets(steps: Int) {
    var live = [Int](repeating: 0, count: steps + 1)
    for buffer in buffers {
      live[buffer.first] += buffer.bytes
      if buffer.last + 1 <= steps { live[buffer.last + 1] -= buffer.bytes }
    }
    var sum = 0
    for change in live {
      sum += change
      lowerBound = max(lowerBound, sum)
    }
    let order = buffers.indices.sorted {
      (buffers[$0].bytes, buffers[$1].first) > (buffers[$1].bytes, buffers[$0].first)
    }
    // The buffers placed so far that are alive at each step.
    var placed = [[Int]](repeating: [], count: steps)
    for index in order {
      let buffer = buffers[index]
      var seen: Set<Int> = []
      var ranges: [Range<Int>] = []
      for step in buffer.first...min(buffer.last, steps - 1) {
        for other in placed[step] where seen.insert(other).inserted {
          ranges.append(buffers[other].offset..<buffers[other].offset + buffers[other].bytes)
        }
        placed[step].append(index)
      }
      var offset = 0
      for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
        if offset + buffer.bytes <= range.lowerBound { break }
        offset = max(offset, range.upperBound)
      }
      buffers[index].offset = offset
      arenaBytes = max(arenaBytes, offset + buffer.bytes)
    }
  }
}

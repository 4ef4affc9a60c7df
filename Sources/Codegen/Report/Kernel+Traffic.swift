import GraphIR

extension Kernel {
  /// Bytes that the kernel must move at least: what it reads of other kernels' values, each element
  /// once, and what it stores.
  func traffic(_ schedule: KernelSchedule) -> Int {
    let lowered = schedule.lowered
    let members = Set(nodes)
    var read: [NodeID: Int] = [:]
    // What is stored, and exponentials of scores that one kernel keeps and another reads.
    var moved = 0
    for id in nodes {
      for operand in lowered.graph[id].operands.indices where lowered.reads(id, operand) {
        let access = lowered.access(id, operand)
        guard !members.contains(access.base) else { continue }
        let domain = lowered.readDomain(id, operand)
        let count = zip(domain.dims, access.strides).reduce(1) { count, axis in
          axis.1 == 0 ? count : count * axis.0
        }
        read[access.base] = max(read[access.base] ?? 0, count)
      }
      if let keeper = lowered.keptScores.keeper[id] {
        moved += lowered.keptScores.bytes[keeper] ?? 0
      }
      if schedule.isStored(id) { moved += lowered.graph[id].type.byteCount }
    }
    return read.reduce(moved) { bytes, entry in
      let type = lowered.graph[entry.key].type
      return bytes + min(entry.value * type.dtype.size, type.byteCount)
    }
  }
}

/// Decides where threads must meet: before a kernel that touches memory which another thread may
/// have written, or may still read, since they last met.
struct Hazards {
  /// How a kernel's accesses to a piece of memory are divided between threads.
  enum Division: Hashable {
    /// All by the first thread.
    case serial
    /// So many elements, dealt in consecutive runs of equal length.
    case runs(elements: Int, each: Int)
    /// In some other way.
    case other
  }

  struct Memory: Hashable {
    let isState: Bool
    let bytes: Range<Int>
  }

  struct Effect: Hashable {
    let memory: Memory
    let isWrite: Bool
    let division: Division

    init(_ memory: Memory, isWrite: Bool, by division: Division) {
      self.memory = memory
      self.isWrite = isWrite
      self.division = division
    }
  }

  private var since: Set<Effect> = []

  /// Adds a kernel's effects; true when threads must meet before it.
  mutating func add(_ effects: [Effect]) -> Bool {
    let isConflict = effects.contains { new in since.contains { old in conflicts(old, new) } }
    // A long list costs more to search than a barrier costs to pass.
    let needsBarrier = isConflict || since.count > 256
    if needsBarrier { since.removeAll() }
    since.formUnion(effects)
    return needsBarrier
  }

  private func conflicts(_ old: Effect, _ new: Effect) -> Bool {
    guard old.isWrite || new.isWrite, old.memory.isState == new.memory.isState,
      old.memory.bytes.overlaps(new.memory.bytes)
    else { return false }
    if old.division == .serial, new.division == .serial { return false }
    let isSameRun = old.memory == new.memory && old.division == new.division
    return !(isSameRun && old.division != .other)
  }
}

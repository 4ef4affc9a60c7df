import GraphIR

/// What the C of a graph, whose passes have run, will do: its kernels, and where their values lie.
/// What is left is to print it.
public struct ProgramPlan {
  private let schedule: KernelSchedule
  private let memory: MemoryPlan
  private let state: StateLayout
  private let target: Target

  /// `state` must hold every variable of the graph.
  public init(_ graph: Graph, state: StateLayout, target: Target) {
    var schedule = KernelSchedule(Fusion(LoweredGraph(graph, target)))
    schedule.layPanels(target, state)
    schedule.readThroughPads(target)
    self.schedule = schedule
    memory = MemoryPlan(schedule)
    self.state = state
    self.target = target
  }

  /// Bytes of the arena but for the threads' scratch, which the C decides.
  public var plannedBytes: Int { ModuleEmitter.headerBytes + memory.arenaBytes }

  /// The C; with `isStamped` it notes the time after each part of the step, see `Program.stamps`.
  public func program(isStamped: Bool = false) -> Program {
    var emitter = ModuleEmitter(schedule, memory, state, target, isStamped: isStamped)
    return emitter.emit()
  }
}

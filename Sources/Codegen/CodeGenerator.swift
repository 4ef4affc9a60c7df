import GraphIR

/// From a graph whose passes have run to C.
public enum CodeGenerator {
  /// `state` must hold every variable of the graph. With `isStamped` the C notes the time after
  /// each part of the step; see `Program.stamps`.
  public static func generate(
    _ graph: Graph, state: StateLayout, target: Target, isStamped: Bool = false
  ) -> Program {
    var schedule = KernelSchedule(Fusion(LoweredGraph(graph)))
    schedule.layPanels(target, state)
    schedule.readThroughPads(target)
    var emitter = ModuleEmitter(
      schedule, MemoryPlan(schedule), state, target, isStamped: isStamped)
    return emitter.emit()
  }
}

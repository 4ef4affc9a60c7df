import GraphIR

/// From a graph whose passes have run to C.
public enum CodeGenerator {
  /// `state` must hold every variable of the graph.
  public static func generate(_ graph: Graph, state: StateLayout, target: Target) -> Program {
    let schedule = KernelSchedule(Fusion(LoweredGraph(graph)))
    var emitter = ModuleEmitter(schedule, MemoryPlan(schedule), state, target)
    return emitter.emit()
  }
}

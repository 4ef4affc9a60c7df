/// Checks what every pass relies on, and what a stage of the compiler promises.
///
/// A failure is a mistake of a pass: graphs from the builder and the text form pass it.
public enum Verifier {
  /// Throws the first thing that does not hold.
  public static func check(_ graph: Graph, stage: Stage) throws(VerifierError) {
    for id in graph.ids { try check(id, of: graph, stage) }
    try checkNames(graph, stage)
    try checkResults(graph, stage)
  }

  private static func check(
    _ id: NodeID, of graph: Graph, _ stage: Stage
  ) throws(VerifierError) {
    let node = graph[id]
    let name = "\(id) = \(node.op.name)"
    if let operand = node.operands.first(where: { $0 >= id || $0.index < 0 }) {
      throw VerifierError(stage, "\(name): operand \(operand) does not come before it")
    }
    let inferred: TensorType
    do {
      inferred = try node.op.resultType(graph.operandTypes(id))
    } catch {
      throw VerifierError(stage, "\(graph.describe(id)): \(error.description)")
    }
    guard node.type == inferred else {
      throw VerifierError(stage, "\(graph.describe(id)): its operands give \(inferred)")
    }
    guard node.type.shape.isValid else {
      throw VerifierError(stage, "\(graph.describe(id)): larger than the limits")
    }
    for rule in stage.rules where rule.forbids(node) {
      throw VerifierError(stage, "\(graph.describe(id)): \(rule.reason)")
    }
  }

  private static func checkNames(_ graph: Graph, _ stage: Stage) throws(VerifierError) {
    var inputs: Set<String> = []
    for (_, input) in graph.inputs where !inputs.insert(input.key).inserted {
      throw VerifierError(stage, "input '\(input.key)' is declared twice")
    }
    var variables: Set<String> = []
    for (_, variable) in graph.variables where !variables.insert(variable.key).inserted {
      throw VerifierError(stage, "variable '\(variable.key)' is declared twice")
    }
  }

  private static func checkResults(_ graph: Graph, _ stage: Stage) throws(VerifierError) {
    let range = graph.nodes.indices
    var names: Set<String> = []
    for output in graph.outputs {
      guard range.contains(output.value.index) else {
        throw VerifierError(stage, "output '\(output.name)': there is no \(output.value)")
      }
      guard names.insert(output.name).inserted else {
        throw VerifierError(stage, "output '\(output.name)' is declared twice")
      }
    }
    var updated: Set<NodeID> = []
    for update in graph.updates {
      let ids = [update.variable, update.value]
      if let id = ids.first(where: { !range.contains($0.index) }) {
        throw VerifierError(stage, "update of \(update.variable): there is no \(id)")
      }
      let target = graph.describe(update.variable)
      guard graph[update.variable].op is Variable else {
        throw VerifierError(stage, "update: \(target) is no variable")
      }
      let type = graph[update.value].type
      guard type == graph[update.variable].type else {
        throw VerifierError(stage, "update: \(target) cannot hold \(update.value), \(type)")
      }
      guard updated.insert(update.variable).inserted else {
        throw VerifierError(stage, "update: \(target) is updated twice")
      }
    }
  }
}

/// A graph breaks a rule after a stage.
public struct VerifierError: Error, Hashable, CustomStringConvertible {
  public let stage: Verifier.Stage
  public let message: String

  init(_ stage: Verifier.Stage, _ message: String) {
    self.stage = stage
    self.message = message
  }

  public var description: String { "after stage '\(stage.rawValue)': \(message)" }
}

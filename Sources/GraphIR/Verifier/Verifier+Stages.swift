extension Verifier {
  /// The stages at which a graph can be checked, in the compiler's order.
  public enum Stage: String, CaseIterable, Hashable, Sendable, Comparable {
    /// As the builder, the text form or an import made it.
    case graph
    /// With gradients.
    case backward
    /// With the optimizer's updates: the whole step.
    case optimized
    /// What is shorthand to people is gone: the rules below hold from here on.
    case lowered
    case fused

    public static func < (a: Stage, b: Stage) -> Bool { a.place < b.place }

    private var place: Int { Stage.allCases.firstIndex(of: self) ?? 0 }

    /// What must not be there at this stage.
    var rules: [Rule] { Rule.table.filter { $0.since <= self } }
  }

  /// Something that is gone for good after a stage.
  struct Rule: Sendable {
    let since: Stage
    let reason: String
    let forbids: @Sendable (Node) -> Bool

    init(_ since: Stage, _ reason: String, _ forbids: @escaping @Sendable (Node) -> Bool) {
      self.since = since
      self.reason = reason
      self.forbids = forbids
    }

    /// Every rule there is; a pass that removes something for good adds its row here.
    static let table: [Rule] = [
      Rule(.lowered, "a mean must be a sum times 1 / count by now") { $0.op.name == "mean" },
      Rule(.lowered, "stop_gradient must be gone: nothing is differentiated after it") {
        $0.op.name == "stop_gradient"
      },
      Rule(.lowered, "random ops must have their shape as an attribute by now") {
        $0.op is Random && $0.operands.count > 1
      },
    ]
  }
}

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
    /// Ready for kernels: results that are sources, or shared, have copies of their own.
    case fused

    public static func < (a: Stage, b: Stage) -> Bool { a.place < b.place }

    private var place: Int { Stage.allCases.firstIndex(of: self) ?? 0 }

    /// What must not be there at this stage.
    var rules: [Rule] {
      Rule.table.filter { rule in rule.since <= self && rule.until.map { self < $0 } ?? true }
    }
  }

  /// Something that is gone from a stage on, for good or until another stage brings it back.
  struct Rule: Sendable {
    let since: Stage
    let until: Stage?
    let reason: String
    let forbids: @Sendable (Node) -> Bool

    init(
      _ since: Stage, until: Stage? = nil, _ reason: String,
      _ forbids: @escaping @Sendable (Node) -> Bool
    ) {
      self.since = since
      self.until = until
      self.reason = reason
      self.forbids = forbids
    }

    /// Every rule there is; a pass that removes something for good adds its row here.
    static let table: [Rule] = [
      Rule(.lowered, "a mean must be a sum times 1 / count by now") { $0.op.name == "mean" },
      Rule(.lowered, "random ops must have their shape as an attribute by now") {
        $0.op is Random && $0.operands.count > 1
      },
      // From `fused` on it is a copy, and the only one.
      Rule(
        .lowered, until: .fused, "stop_gradient must be gone: nothing is differentiated after it"
      ) {
        $0.op.name == "stop_gradient"
      },
      Rule(.lowered, "a reshape must have its sizes by now") {
        ($0.op as? Reshape)?.shape.contains(-1) == true
      },
      Rule(.lowered, "a reduction must be over one block of neighbouring axes by now") {
        guard let axes = ($0.op as? Reduce)?.axes else { return false }
        return axes.isEmpty || zip(axes, axes.dropFirst()).contains { $1 != $0 + 1 }
      },
      Rule(.lowered, "scans and sorting must be along the last axis by now") {
        guard let scan = $0.alongAxis else { return false }
        return scan.axis != $0.type.shape.rank - 1
      },
    ]
  }
}

/// What an experiment says about a claim.
public enum Verdict: Hashable, Sendable, CustomStringConvertible {
  case holds
  case doesNotHold
  /// True under a condition, which is told.
  case holdsOnly(when: String)

  public var description: String {
    switch self {
    case .holds: "holds"
    case .doesNotHold: "does not hold"
    case .holdsOnly(let condition): "holds only \(condition)"
    }
  }
}

/// A claim, what was measured, and the verdict that follows from it.
public struct Judgement: Hashable, Sendable {
  public let claim: String
  public let measured: String
  public let verdict: Verdict

  public init(claim: String, measured: String, verdict: Verdict) {
    self.claim = claim
    self.measured = measured
    self.verdict = verdict
  }
}

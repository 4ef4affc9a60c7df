/// Why a training cannot begin or go on, told in one line.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  case model(String)
  case settings(String)
  /// A graph's input does not get its rows from the data.
  case input(name: String, needs: String, file: String, given: String)
  case checkpoint(file: String, problem: String)
  /// `node` is the first value that is not finite, nil where none could be made out.
  case notFinite(step: Int, epoch: Int, node: String?, kept: String?)

  public var description: String {
    switch self {
    case .model(let text), .settings(let text): text
    case .input(let name, let needs, let file, let given):
      "input '\(name)' needs \(needs), but \(file) has \(given)"
    case .checkpoint(let file, let problem): "\(file): \(problem)"
    case .notFinite(let step, let epoch, let node, let kept):
      "step \(step) (epoch \(epoch)): a value is not finite"
        + (node.map { ", first \($0)" } ?? "")
        + "; a lower learning rate or clipped gradients may help"
        + (kept.map { "; \($0) is kept" } ?? "")
    }
  }
}

/// A training was asked to stop, and did so after a whole step.
public struct TrainingInterrupted: Error, CustomStringConvertible {
  /// Steps done.
  public let step: Int
  /// The checkpoint written; nil where none was wanted.
  public let checkpoint: String?

  public var description: String {
    "interrupted after step \(step)" + (checkpoint.map { "; wrote \($0)" } ?? "")
  }
}

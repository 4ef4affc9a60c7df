/// The gradients of a loss, and what is to be said aloud about them.
public struct GradientReport {
  /// A value that the loss does not depend on, or only through functions without a gradient.
  public struct Silence: Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
      /// No path of operands leads from the loss to the value.
      case notUsed
      /// Integers and bools have no gradient.
      case notFloat(DType)
      /// Every path ends at a function that is constant; this is the one nearest to the loss.
      case constant(String, at: String)
    }

    public let node: NodeID
    /// What a person calls it: `variable 'b'`, `input 'x'` or `%7 'hidden'`.
    public let value: String
    public let reason: Reason

    public var description: String {
      switch reason {
      case .notUsed: "no gradient reaches \(value): it is not used by the loss"
      case .notFloat(let dtype):
        "no gradient reaches \(value): it is \(dtype.rawValue), and only floats have gradients"
      case .constant(let why, let place): "gradient of \(value) is zero: \(why) (at \(place))"
      }
    }
  }

  /// One for each value asked for, of its type.
  public let gradients: [Value]
  /// The values whose gradient is zero because none flows, in the order asked for.
  public let silences: [Silence]

  /// One line for each silence.
  public var lines: [String] { silences.map(\.description) }
}

extension Graph {
  /// What a person calls the node in a sentence: `variable 'w'`, `input 'x'`, `%7 'hidden'`.
  func subject(_ id: NodeID) -> String {
    let node = self[id]
    if let variable = node.op as? Variable { return "variable '\(variable.key)'" }
    if let input = node.op as? Input { return "input '\(input.key)'" }
    return node.label.isEmpty ? "\(id)" : "\(id) '\(node.label)'"
  }
}

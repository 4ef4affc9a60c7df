/// What an op's gradient rule sees: the op's operands and result, and the result's gradient.
public struct GradientContext {
  public let operands: [Value]
  public let result: Value
  /// d loss / d result, of the result's shape.
  public let gradient: Value

  public init(operands: [Value], result: Value, gradient: Value) {
    self.operands = operands
    self.result = result
    self.gradient = gradient
  }
}

/// The gradient of one operand.
public enum Gradient {
  case value(Value)
  /// No gradient flows, and why: "floor is constant between integers".
  case zero(String)
}

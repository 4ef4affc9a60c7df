/// A row of the elementwise table: a function of one element of each operand.
public struct ElementwiseFunction: Sendable {
  /// Which element types it takes and gives.
  public enum Typing: Sendable {
    /// Floats to the same float.
    case float
    /// Numbers to the same number.
    case numeric
    /// Two values of any one type to bool.
    case comparison
    /// Bools to bool.
    case logic
    /// A float to bool.
    case test
    /// A bool and two values of any one type, to that type.
    case select
    /// Any type to the same.
    case any
    /// Integers, as their bits, to the same integer.
    case bits
  }

  public let name: String
  public let summary: String
  public let arity: Int
  public let parameters: [String]
  public let typing: Typing
  /// Where tests draw each operand from.
  public let domain: [ClosedRange<Double>]
  /// The gradient as a formula, for the op table.
  public let formula: String
  public let reference: @Sendable (_ x: [Double], _ parameters: [Double]) -> Double
  /// The definition on the bits of integers of so many bits, for what depends on their number.
  let bits: (@Sendable (_ x: [Int64], _ width: Int) -> Int64)?
  /// Whether the gradient is the function's own, not one agreed upon.
  let isDifferentiated: Bool
  public let gradient: @Sendable (GradientContext, _ parameters: [Double]) -> [Gradient]

  init(
    _ name: String, _ summary: String, arity: Int = 1, parameters: [String] = [],
    typing: Typing = .float, domain: [ClosedRange<Double>], formula: String,
    differentiated: Bool = true,
    bits: (@Sendable ([Int64], Int) -> Int64)? = nil,
    reference: @escaping @Sendable ([Double], [Double]) -> Double,
    gradient: @escaping @Sendable (GradientContext, [Double]) -> [Gradient]
  ) {
    self.name = name
    self.summary = summary
    self.arity = arity
    self.parameters = parameters
    self.typing = typing
    self.domain = domain
    self.formula = formula
    self.isDifferentiated = differentiated
    self.bits = bits
    self.reference = reference
    self.gradient = gradient
  }

  /// A function of one float, whose derivative is given as a function of g, x and the result y.
  static func unary(
    _ name: String, _ summary: String, _ domain: ClosedRange<Double>, _ formula: String,
    _ reference: @escaping @Sendable (Double) -> Double,
    gradient: @escaping @Sendable (_ g: Value, _ x: Value, _ y: Value) -> Value
  ) -> ElementwiseFunction {
    ElementwiseFunction(
      name, summary, domain: [domain], formula: formula,
      reference: { x, _ in reference(x[0]) },
      gradient: { context, _ in
        [.value(gradient(context.gradient, context.operands[0], context.result))]
      })
  }

  /// A function through which no gradient flows.
  static func flat(
    _ name: String, _ summary: String, arity: Int = 1, typing: Typing,
    domain: ClosedRange<Double> = -3...3, because reason: String,
    _ reference: @escaping @Sendable ([Double]) -> Double
  ) -> ElementwiseFunction {
    ElementwiseFunction(
      name, summary, arity: arity, typing: typing,
      domain: Array(repeating: domain, count: arity), formula: "0: \(reason)",
      reference: { x, _ in reference(x) },
      gradient: { _, _ in Array(repeating: .zero(reason), count: arity) })
  }

  public static let table: [ElementwiseFunction] =
    arithmetic + rounding + transcendental + activations + logic + bits
  static let index = Dictionary(
    uniqueKeysWithValues: table.indices.map { (table[$0].name, $0) })
}

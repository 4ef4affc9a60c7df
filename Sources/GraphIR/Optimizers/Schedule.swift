/// The learning rate as a function of the number of steps done, t = 0 at the first.
public indirect enum Schedule: Hashable, Sendable {
  case constant
  /// Times `factor` after every so many steps (PyTorch's StepLR).
  case step(every: Int, factor: Double)
  /// minimum + (rate - minimum) * (1 + cos(pi t / steps)) / 2 (CosineAnnealingLR).
  case cosine(steps: Int, minimum: Double)
  /// rate * (t + 1) / steps for the first `steps` steps, then another schedule from its beginning.
  case warmUp(steps: Int, then: Schedule)

  /// The learning rate as an f64 scalar node.
  ///
  /// `step` is the i64 scalar t, `base` the optimizer's learning rate.
  func rate(_ base: Double, at step: Value) -> Value {
    let builder = step.builder
    switch self {
    case .constant: return builder.constant(base, .f64)
    case .step(let every, let factor):
      let count = (step / Double(every)).cast(to: .f64)
      return base * builder.constant(factor, .f64).pow(count)
    case .cosine(let steps, let minimum):
      let angle = step.cast(to: .f64) * (Double.pi / Double(steps))
      return minimum + ((base - minimum) * 0.5) * (1 + angle.cos())
    case .warmUp(let steps, let then):
      let done = (step + 1).cast(to: .f64) / Double(steps)
      let factor = done.minimum(done.constant(1))
      let rest = (step - Double(steps)).maximum(step.constant(0))
      return factor * then.rate(base, at: rest)
    }
  }

  /// Throws for settings that make no schedule.
  func check() throws(OptimizerError) {
    switch self {
    case .constant: break
    case .step(let every, let factor):
      guard every > 0, factor.isFinite, factor > 0 else {
        throw OptimizerError(
          "schedule step: every and factor must be above 0, not \(every) and \(factor)")
      }
    case .cosine(let steps, let minimum):
      guard steps > 0, minimum.isFinite, minimum >= 0 else {
        throw OptimizerError(
          "schedule cosine: steps must be above 0 and the minimum not below, "
            + "not \(steps) and \(minimum)")
      }
    case .warmUp(let steps, let then):
      guard steps > 0 else {
        throw OptimizerError("schedule warmup: steps must be above 0, not \(steps)")
      }
      try then.check()
    }
  }

  /// What `init(parsing:)` takes, for help texts.
  public static let forms =
    "constant, step:EVERY:FACTOR, cosine[:STEPS[:MINIMUM]], each after warmup:STEPS, if wanted"

  /// A schedule as the command line has it: `cosine:1000:1e-5`, `warmup:100,cosine`.
  ///
  /// A cosine without steps ends with the training's `steps`. Throws with the forms there are.
  public init(parsing text: String, steps: Int) throws(OptimizerError) {
    let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    var words = parts[0].split(separator: ":", omittingEmptySubsequences: false)
    let name = words.removeFirst()
    var numbers: [Double] = []
    for word in words {
      guard let number = Double(word) else { throw Self.unknown(text) }
      numbers.append(number)
    }
    switch (name, numbers.count) {
    case ("constant", 0) where parts.count == 1: self = .constant
    case ("step", 2) where parts.count == 1:
      self = .step(every: try Self.whole(numbers[0], text), factor: numbers[1])
    case ("cosine", 0...2) where parts.count == 1:
      let given = numbers.isEmpty ? steps : try Self.whole(numbers[0], text)
      self = .cosine(steps: given, minimum: numbers.count == 2 ? numbers[1] : 0)
    case ("warmup", 1):
      let count = try Self.whole(numbers[0], text)
      let rest = parts.count == 2 ? String(parts[1]) : "constant"
      guard !rest.hasPrefix("warmup") else { throw Self.unknown(text) }
      let left = Swift.max(1, steps - Swift.max(0, Swift.min(count, steps)))
      self = .warmUp(steps: count, then: try Schedule(parsing: rest, steps: left))
    default: throw Self.unknown(text)
    }
    try check()
  }

  private static func whole(_ number: Double, _ text: String) throws(OptimizerError) -> Int {
    guard let whole = Int(exactly: number) else { throw unknown(text) }
    return whole
  }

  private static func unknown(_ text: String) -> OptimizerError {
    OptimizerError("unknown schedule '\(text)'; there are \(forms)")
  }
}

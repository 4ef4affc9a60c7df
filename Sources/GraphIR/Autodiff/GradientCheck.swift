/// Compares the gradients that a graph derives with central differences in double precision.
///
/// The loss is the sum of the result times random weights. It is checked along one random
/// direction over all float operands together, and along a few coordinates of each.
public struct GradientCheck {
  private let label: String
  private let seed: Int
  private let operands: [ReferenceTensor]
  private let build: ([Value]) -> Value

  /// The check of one sample of an op, with operands drawn from `seed`.
  public init(_ sample: OpSample, seed: Int) {
    label = sample.label
    self.seed = seed
    operands = sample.draw(seed: seed)
    build = { $0[0].builder.append(sample.op, $0) }
  }

  /// The check of one sample of a composite, with operands drawn from `seed`.
  public init(_ sample: CompositeSample, seed: Int) {
    let types = sample.operands.map(\.type.description).joined(separator: ", ")
    label = "\(sample.name) of \(types)"
    self.seed = seed
    operands = sample.operands.enumerated().map { $1.draw(seed: seed &+ $0 &* 1009) }
    build = sample.build
  }

  /// Differences are taken over twice this: the error of the quotient is about the cube root of
  /// the unit roundoff, squared.
  private static let step = 1e-5
  private static let tolerance = 1e-6

  /// What disagrees in the first derivative, or nil.
  public func firstFailure() throws -> String? {
    try failure("first derivative") { loss, _, _ in loss }
  }

  /// What disagrees in the derivative of the gradient times a random direction, or nil.
  public func secondFailure() throws -> String? {
    try failure("second derivative") { loss, floats, directions in
      let gradients = loss.builder.gradients(of: loss, withRespectTo: floats)
      let products = zip(gradients, directions).map { ($0 * $1).sum().cast(to: .f64) }
      return products.dropFirst().reduce(products[0], +)
    }
  }

  /// The operands that a gradient flows to.
  private var floats: [Int] { operands.indices.filter { operands[$0].type.dtype.isFloat } }

  private func failure(
    _ what: String, _ objective: (_ loss: Value, _ x: [Value], _ directions: [Value]) -> Value
  ) throws -> String? {
    let builder = GraphBuilder("check")
    var inputs: [String: ReferenceTensor] = [:]
    func input(_ name: String, _ tensor: ReferenceTensor) -> Value {
      inputs[name] = tensor
      return builder.input(name, tensor.type.dtype, tensor.shape)
    }
    let values = operands.enumerated().map { input("x\($0)", $1) }
    let floats = floats
    let directions = floats.map { input("v\($0)", random(operands[$0].type, salt: 11 + $0)) }
    let result = build(values)
    let weights = input("w", random(result.type, salt: 7))
    let x = floats.map { values[$0] }
    let objective = objective((result * weights).sum(), x, directions)
    builder.output("objective", objective)
    let forward = try Interpreter(builder.build())
    for (place, gradient) in builder.gradients(of: objective, withRespectTo: x).enumerated() {
      builder.output("g\(place)", gradient)
    }
    var backward = try Interpreter(builder.build())
    let gradients = try backward.run(references: inputs)

    func compare(_ analytic: Double, _ along: [Int: [Double]], _ how: String) throws -> String? {
      let above = try forward.objective(moved(inputs, along, by: Self.step))
      let below = try forward.objective(moved(inputs, along, by: -Self.step))
      let numeric = (above - below) / (2 * Self.step)
      let scale = max(1, abs(analytic), abs(above))
      if abs(analytic - numeric) <= Self.tolerance * scale { return nil }
      return "\(label), seed \(seed): \(what) \(how) is \(analytic), by differences \(numeric)"
    }

    var direction: [Int: [Double]] = [:]
    var total = 0.0
    for (place, operand) in floats.enumerated() {
      let vector = random(operands[operand].type, salt: 23 + operand).values
      direction[operand] = vector
      let gradient = gradients["g\(place)"]?.values ?? []
      total += zip(gradient, vector).reduce(0) { $0 + $1.0 * $1.1 }
    }
    if let failure = try compare(total, direction, "along a direction") { return failure }
    for (place, operand) in floats.enumerated() {
      let count = operands[operand].values.count
      for coordinate in Set([0, count / 2, count - 1]).sorted() where coordinate >= 0 && count > 0 {
        var unit = [Double](repeating: 0, count: count)
        unit[coordinate] = 1
        let analytic = gradients["g\(place)"]?.values[coordinate] ?? .nan
        let how = "by element \(coordinate) of operand \(operand)"
        if let failure = try compare(analytic, [operand: unit], how) { return failure }
      }
    }
    return nil
  }

  private func random(_ type: TensorType, salt: Int) -> ReferenceTensor {
    let operand = OpSample.Operand(.f64, type.shape, in: -1...1)
    return ReferenceTensor(type, operand.draw(seed: seed &* 31 &+ salt).values)
  }

  private func moved(
    _ inputs: [String: ReferenceTensor], _ along: [Int: [Double]], by step: Double
  ) -> [String: ReferenceTensor] {
    var inputs = inputs
    for (operand, vector) in along {
      let values = zip(operands[operand].values, vector).map { $0 + step * $1 }
      inputs["x\(operand)"] = ReferenceTensor(operands[operand].type, values)
    }
    return inputs
  }
}

extension Interpreter {
  fileprivate func objective(_ inputs: [String: ReferenceTensor]) throws -> Double {
    var copy = self
    return try copy.run(references: inputs)["objective"]?.values[0] ?? .nan
  }
}

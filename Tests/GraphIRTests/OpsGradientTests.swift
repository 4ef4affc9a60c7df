import GraphIR
import Testing

/// Gradients against central differences, for every op and composite.
@Suite struct OpsGradientTests {
  static let names = OpTable.entries.filter { entry in
    entry.samples().contains { $0.checksGradient }
  }.map(\.name)

  @Test(arguments: names) func firstDerivative(_ name: String) throws {
    let samples = try #require(OpTable.entry(named: name)).samples()
    for (seed, sample) in samples.enumerated() where sample.checksGradient {
      let failure = try GradientCheck(sample, seed: seed).firstFailure()
      #expect(failure == nil)
    }
  }

  @Test(arguments: names) func secondDerivative(_ name: String) throws {
    let samples = try #require(OpTable.entry(named: name)).samples()
    for (seed, sample) in samples.enumerated() where sample.checksGradient && sample.checksSecond {
      let failure = try GradientCheck(sample, seed: seed).secondFailure()
      #expect(failure == nil)
    }
  }

  @Test(arguments: CompositeSample.table.indices) func composite(_ index: Int) throws {
    let sample = CompositeSample.table[index]
    let check = GradientCheck(sample, seed: index)
    if sample.checksGradient { #expect(try check.firstFailure() == nil) }
    if sample.checksGradient, sample.checksSecond { #expect(try check.secondFailure() == nil) }
  }

  /// A rule that forgets a factor fails, in the first and in the second derivative.
  @Test func aWrongFirstDerivativeIsFound() throws {
    let check = GradientCheck(Square.sample(.forgetsTheFactor), seed: 1)
    let failure = try #require(try check.firstFailure())
    #expect(failure.hasPrefix("square() of f32[2, 3], seed 1: first derivative along a direction"))
  }

  @Test func aWrongSecondDerivativeIsFound() throws {
    let check = GradientCheck(Square.sample(.isConstant), seed: 1)
    #expect(try check.firstFailure() == nil)
    #expect(try check.secondFailure() != nil)
  }

  @Test func aMissingGradientIsFound() throws {
    #expect(try GradientCheck(Square.sample(.isZero), seed: 1).firstFailure() != nil)
  }

  @Test func aRightRuleIsNotBlamed() throws {
    let check = GradientCheck(Square.sample(.isRight), seed: 1)
    #expect(try check.firstFailure() == nil)
    #expect(try check.secondFailure() == nil)
  }

  /// x * x for the tests of the check itself, with a gradient rule that has a defect.
  struct Square: Op {
    enum Rule: Hashable { case isRight, forgetsTheFactor, isConstant, isZero }

    let rule: Rule

    static func sample(_ rule: Rule) -> OpSample {
      OpSample(Square(rule: rule), [.init(.f32, [2, 3])])
    }

    var name: String { "square" }
    var attributes: [Attribute] { [] }
    func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType { operands[0] }
    func gradient(_ context: GradientContext) -> [Gradient] {
      let (x, g) = (context.operands[0], context.gradient)
      switch rule {
      case .isRight: return [.value(g * (x * 2))]
      case .forgetsTheFactor: return [.value(g * x)]
      case .isConstant: return [.value(g * (x * 2).stopGradient())]
      case .isZero: return [.zero("forgotten")]
      }
    }
    func computation(_ operands: [TensorType]) -> Computation {
      .map(.elementwise("square", parameters: []))
    }
    func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
      operands[0].values.map { $0 * $0 }
    }
    static let catalog: [OpEntry] = []
  }

  /// Products with zeros among the factors, where y / x has no value.
  @Test func productsWithZeros() throws {
    let cases: [([Double], [Double])] = [
      ([2, 3, 4], [12, 8, 6]), ([2, 0, 4], [0, 8, 0]), ([0, 0, 4], [0, 0, 0]),
      ([0, 0, 0], [0, 0, 0]),
    ]
    for (values, expected) in cases {
      #expect(try gradient(values) { $0.prod() } == expected)
    }
  }

  /// The second derivative by two factors is the product of the rest, whether they are zero or not.
  @Test func secondDerivativeOfProductsWithZeros() throws {
    let cases: [([Double], [Double])] = [
      ([2, 3, 4], [7, 6, 5]), ([2, 0, 4], [4, 6, 2]), ([0, 0, 4], [4, 4, 0]),
      ([0, 0, 0], [0, 0, 0]),
    ]
    for (values, expected) in cases {
      let second = try gradient(values) { x in
        x.builder.gradients(of: x.prod(), withRespectTo: [x])[0].sum()
      }
      #expect(second == expected)
    }
  }

  /// An update that a later one overwrites has no gradient.
  @Test func theLastOneThatIsPutHasTheGradient() throws {
    let gradient = try gradient([5, 6, 7]) { updates in
      let indices = updates.builder.constant(Tensor([Int64(1), 0, 1], shape: [3]))
      let base = updates.constant(0).broadcast(to: [2])
      let weights = updates.builder.constant(Tensor([10.0, 20], shape: [2]))
      return (base.scatter(indices, updates) * weights).sum()
    }
    #expect(gradient == [0, 10, 20])
  }

  /// Ties share the gradient, as torch.amax's.
  @Test func extremesShareAmongTies() throws {
    #expect(try gradient([3, 1, 3]) { $0.max() } == [0.5, 0, 0.5])
    #expect(try gradient([2, 2, 2]) { $0.min() } == [1.0 / 3, 1.0 / 3, 1.0 / 3])
  }

  @Test func normAtZero() throws {
    #expect(try gradient([0, 0]) { $0.vectorNorm() } == [0, 0])
    let slope = try #require(try gradient([3, 4]) { $0.vectorNorm() })
    #expect(abs(slope[0] - 0.6) < 1e-15 && abs(slope[1] - 0.8) < 1e-15)
  }

  private func gradient(_ values: [Double], _ body: (Value) -> Value) throws -> [Double]? {
    let builder = GraphBuilder("gradient")
    let x = builder.input("x", .f64, [values.count])
    builder.output("g", builder.gradients(of: body(x), withRespectTo: [x])[0])
    var interpreter = try Interpreter(builder.build())
    let input = ReferenceTensor(TensorType(.f64, [values.count]), values)
    return try interpreter.run(references: ["x": input])["g"]?.values
  }
}

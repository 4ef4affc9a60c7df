import GraphIR
import Testing

/// Jacobians, Hessians and their products, against what they are by hand.
@Suite struct HigherDerivativesTests {
  /// The outputs "y" of a graph of x, f64, at the values given.
  private func run(
    _ x: [Double], _ body: (GraphBuilder, Value) -> Value
  ) throws -> ReferenceTensor {
    let builder = GraphBuilder("derivatives")
    let input = builder.input("x", .f64, [x.count])
    builder.output("y", body(builder, input))
    var interpreter = try Interpreter(builder.build())
    let tensor = ReferenceTensor(TensorType(.f64, [x.count]), x)
    return try #require(try interpreter.run(references: ["x": tensor])["y"])
  }

  private func list(_ builder: GraphBuilder, _ values: [Double]) -> Value {
    builder.constant(Tensor(values, shape: [values.count]))
  }

  /// [x0 x1, x1^2 x2]
  private func products(_ x: Value) -> Value {
    let square = x[axis: 0, 1].squared() * x[axis: 0, 2]
    return stack([x[axis: 0, 0] * x[axis: 0, 1], square], axis: 0)
  }

  private let jacobian: [Double] = [3, 2, 0, 0, 30, 9]

  @Test func jacobianByRows() throws {
    let y = try run([2, 3, 5]) { $0.jacobian(of: products($1), withRespectTo: $1) }
    #expect(y.shape == [2, 3])
    #expect(y.values == jacobian)
  }

  /// With more results than arguments.
  @Test func jacobianByColumns() throws {
    let y = try run([2, 3]) { builder, x in
      let y = stack([x[axis: 0, 0] * x[axis: 0, 1], x[axis: 0, 1].squared(), x.sum()], axis: 0)
      return builder.jacobian(of: y, withRespectTo: x)
    }
    #expect(y.shape == [3, 2])
    #expect(y.values == [3, 2, 0, 6, 1, 1])
  }

  @Test func productsWithVectors() throws {
    let along = try run([2, 3, 5]) { builder, x in
      let vector = list(builder, [1, 10, 100])
      return builder.jacobianVectorProduct(
        of: products(x), withRespectTo: [x], vectors: [vector])
    }
    #expect(along.values == [23, 1200])
    let back = try run([2, 3, 5]) { builder, x in
      let vector = list(builder, [1, 10])
      return builder.vectorJacobianProduct(
        of: products(x), withRespectTo: [x], vector: vector)[0]
    }
    #expect(back.values == [3, 302, 90])
  }

  /// x0^2 x1 + x1^3
  private func polynomial(_ x: Value) -> Value {
    let (a, b) = (x[axis: 0, 0], x[axis: 0, 1])
    return a * a * b + b * b * b
  }

  @Test func hessian() throws {
    let y = try run([2, 3]) { $0.hessian(of: polynomial($1), withRespectTo: $1) }
    #expect(y.shape == [2, 2])
    #expect(y.values == [6, 4, 4, 18])
    let product = try run([2, 3]) { builder, x in
      let vector = list(builder, [1, 10])
      return builder.hessianVectorProduct(
        of: polynomial(x), withRespectTo: [x], vectors: [vector])[0]
    }
    #expect(product.values == [46, 184])
  }

  /// Ops whose gradient's gradient is made of plain ops: the gradient that flows back to them
  /// depends on their own operands here, and these are the same node.
  @Test(arguments: [0, 1, 2]) func gradientsThatDependOnTheOperands(_ place: Int) throws {
    let functions: [(Value) -> Value] = [
      { $0.normalized(epsilon: 0.1).squared().sum() },
      { x in
        let tokens = x.reshape([3, 1, 2])
        return tokens.dotProductAttention(tokens, tokens).squared().sum()
      },
      { x in
        let tokens = x.reshape([3, 1, 2])
        return (tokens.dotProductAttention(tokens, tokens * tokens, isCausal: true) * tokens).sum()
      },
    ]
    let function = functions[place]
    let (x, vector) = ([0.3, -0.8, 1.1, 0.4, -0.2, 0.9], [1, -2, 0.5, 1.5, -1, 0.25])
    let product = try run(x) { builder, x in
      builder.hessianVectorProduct(
        of: function(x), withRespectTo: [x], vectors: [list(builder, vector)])[0]
    }
    func gradient(_ step: Double) throws -> [Double] {
      try run(zip(x, vector).map { $0 + step * $1 }) { builder, x in
        builder.gradients(of: function(x), withRespectTo: [x])[0]
      }.values
    }
    let (above, below) = (try gradient(1e-5), try gradient(-1e-5))
    for (element, value) in product.values.enumerated() {
      let difference = (above[element] - below[element]) / 2e-5
      #expect(abs(value - difference) <= 1e-8 * max(1, abs(difference)))
    }
  }

  /// A vector made from the argument itself counts as a constant.
  @Test func vectorsAreConstants() throws {
    let product = try run([2, 3]) { builder, x in
      builder.hessianVectorProduct(of: polynomial(x), withRespectTo: [x], vectors: [x])[0]
    }
    #expect(product.values == [24, 62])
  }

  @Test func ofWhatIsNotUsedIsZero() throws {
    let y = try run([2, 3]) { builder, x in
      let other = list(builder, [1, 2]).sum() + x.stopGradient().sum()
      let flat = builder.jacobianVectorProduct(
        of: other, withRespectTo: [x], vectors: [x])
      return builder.jacobian(of: other, withRespectTo: x) + flat
    }
    #expect(y.values == [0, 0])
  }

  @Test func lengthOfAGradient() throws {
    // f = 3 x0 + 4 x1 for each sample: every gradient has length 5.
    let penalty = try run([1, 2, 3, 4]) { builder, x in
      let samples = x.reshape([2, 2])
      let sums = (samples * list(builder, [3, 4])).sum(axes: [1])
      return sums.gradientPenalty(of: samples, target: 2)
    }
    #expect(penalty.values == [9])
  }

  @Test func saysWhatDoesNotFit() throws {
    let builder = GraphBuilder("mistakes")
    let x = builder.input("x", .f64, [3])
    let v = builder.input("v", .f32, [3])
    _ = builder.hessianVectorProduct(of: x.sum(), withRespectTo: [x], vectors: [v])
    #expect {
      try builder.build()
    } throws: { error in
      "\(error)".contains("hessianVectorProduct: the vector %1 'v' = input: f32[3]")
        && "\(error)".contains("must have the type of %0 'x' = input: f64[3]")
    }
    let other = GraphBuilder("mistakes")
    let y = other.input("y", .f64, [3])
    _ = other.jacobianVectorProduct(of: y.sum(), withRespectTo: [y], vectors: [])
    #expect {
      try other.build()
    } throws: { error in
      "\(error)".contains("jacobianVectorProduct: 0 vectors for 1 values")
    }
  }
}

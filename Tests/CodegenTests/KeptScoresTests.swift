import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Exponentials of scores that attention leaves for its gradient.
@Suite struct KeptScoresTests {
  struct Case: Sendable {
    var q: Shape
    var k: Shape
    var v: Shape
    var isCausal = false
    var dtype = DType.f32
    /// The mask's type and shape.
    var mask: (DType, Shape)?
  }

  private static let cases = [
    Case(q: [2, 37, 2, 17], k: [2, 37, 2, 17], v: [2, 37, 2, 17]),
    Case(q: [2, 37, 2, 17], k: [2, 37, 2, 17], v: [2, 37, 2, 17], isCausal: true),
    Case(q: [3, 130, 1, 33], k: [3, 75, 1, 33], v: [3, 75, 1, 34], isCausal: true),
    Case(q: [2, 70, 3, 16], k: [2, 90, 3, 16], v: [2, 90, 3, 8], dtype: .f64),
    Case(q: [2, 70, 2, 16], k: [2, 33, 2, 16], v: [2, 33, 2, 16], mask: (.f32, [2, 2, 70, 33])),
    Case(q: [2, 70, 2, 16], k: [2, 33, 2, 16], v: [2, 33, 2, 16], mask: (.bool, [2, 1, 1, 33])),
    Case(q: [20, 64, 1, 16], k: [20, 64, 1, 16], v: [20, 64, 1, 16]),
    Case(q: [1, 200, 2, 64], k: [1, 200, 2, 64], v: [1, 200, 2, 64]),
  ]

  /// Attention and its gradients; with a name other than q these are of other queries, so that their
  /// scores must be computed again.
  private func graph(_ sizes: Case, gradientOf queries: String = "q") throws -> Graph {
    let builder = GraphBuilder("kept")
    let (q, k, v) = (
      builder.input("q", sizes.dtype, sizes.q), builder.input("k", sizes.dtype, sizes.k),
      builder.input("v", sizes.dtype, sizes.v)
    )
    let mask = sizes.mask.map { [builder.input("mask", $0.0, $0.1)] } ?? []
    let own = queries == "q" ? q : builder.input(queries, sizes.dtype, sizes.q)
    let y = builder.append(Attention(scale: 0.4, isCausal: sizes.isCausal), [q, k, v] + mask)
    let g = builder.input("g", sizes.dtype, y.shape)
    let gradient = AttentionGradient(scale: 0.4, isCausal: sizes.isCausal)
    builder.output("y", y)
    builder.output("gradients", builder.append(gradient, [own, k, v, g] + mask))
    return try builder.build()
  }

  private func keeps(_ program: Program) -> Bool {
    program.buffers.contains { $0.content.hasPrefix("exponentials") }
  }

  @Test(arguments: cases.indices) func gradientsAreThoseOfScoresComputedAgain(
    _ index: Int
  ) throws {
    let sizes = Self.cases[index]
    let graph = try graph(sizes)
    var inputs = CompiledCheck.inputs(graph, seed: index)
    if let (dtype, shape) = sizes.mask, dtype == .bool {
      let seen = (0..<shape.count).map { Double($0 % 3 == 0 ? 0 : 1) }
      inputs["mask"] = Tensor(TensorType(.bool, shape), doubles: seen)
    }
    try CompiledCheck.expect(graph, inputs, "\(sizes)")
    let kept = try CompiledRun(graph, threads: 2)
    let isKept = keeps(kept.program)
    #expect(isKept)
    let again = try CompiledRun(self.graph(sizes, gradientOf: "others"), threads: 2)
    let isKeptAgain = keeps(again.program)
    #expect(!isKeptAgain)
    let expected = try again.executable.run(inputs.merging(["others": inputs["q"]!]) { $1 })
    let isSame = try kept.executable.run(inputs) == expected
    #expect(isSame)
  }

  /// Long rows of scores would take more memory than a few times the tokens'.
  @Test(arguments: [(500, true), (4000, false)]) func longRowsAreComputedAgain(
    _ tokens: Int, _ isKept: Bool
  ) throws {
    let shape: Shape = [tokens, 1, 64]
    let graph = try graph(Case(q: shape, k: shape, v: shape))
    let result = keeps(Compilation(graph, state: StateLayout([graph])).program)
    #expect(result == isKept)
  }

  /// Beside much larger products the memory is not worth it.
  @Test(arguments: [(32, true), (1024, false)]) func littleOfAStepIsComputedAgain(
    _ width: Int, _ isKept: Bool
  ) throws {
    let builder = GraphBuilder("beside")
    let x = builder.input("x", .f32, [64, 1, 16])
    let y = x.dotProductAttention(x, x).squared().sum()
    let w = builder.input("w", .f32, [width, width])
    builder.output("product", w.matmul(w))
    builder.output("g", builder.gradients(of: y, withRespectTo: [x])[0])
    let graph = try builder.build()
    let result = keeps(Compilation(graph, state: StateLayout([graph])).program)
    #expect(result == isKept)
  }
}

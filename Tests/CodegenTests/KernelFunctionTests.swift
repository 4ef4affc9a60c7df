import GraphIR
import TestSupport
import Testing

@testable import Codegen

/// Kernels that do the same have one function of the C.
@Suite struct KernelFunctionTests {
  private func check(_ graph: Graph, functions: [Int]) throws {
    let kernels = try CompiledRun(graph).program.kernels
    #expect(Set(kernels.map(\.name)).count == kernels.count)
    let names = kernels.map(\.name)
    #expect(kernels.map(\.function) == functions.map { names[$0] })
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 11), graph.name, relative: 1e-5)
  }

  /// Weights of their own, the queue of the threads' work and the place of the result are arguments.
  @Test func layersThatDoTheSameShareTheirs() throws {
    let builder = GraphBuilder("layers")
    var x = builder.input("x", .f32, [40, 96])
    for layer in 0..<4 {
      let w = builder.input("w\(layer)", .f32, [96, 96])
      x = (x.matmul(w) * 0.1 + builder.input("b\(layer)", .f32, [96])).tanh()
    }
    builder.output("y", x)
    try check(builder.build(), functions: [0, 0, 0, 0])
  }

  /// The sum over rows in pieces and what adds the pieces up.
  @Test func reductionsInPiecesShareBothFunctions() throws {
    let builder = GraphBuilder("pieces")
    let x = builder.input("x", .f32, [3, 9000])
    let first = (x + builder.input("y", .f32, [3, 1])).sum(axes: [1], keepDims: true)
    builder.output("sum", (x + first).sum(axes: [1]))
    try check(builder.build(), functions: [0, 1, 0, 1])
  }

  @Test func otherConstantsShapesAndOperandsAreOtherFunctions() throws {
    let builder = GraphBuilder("others")
    let x = builder.input("x", .f32, [8, 12])
    let y = builder.input("y", .f32, [8, 12])
    let z = builder.input("z", .f32, [9, 12])
    // Running sums, which read and write whole values, keep the products apart.
    let first = ((x * 2).cumsum(1) * 3).cumsum(1)
    let second = ((first * 3).cumsum(1) * y).cumsum(1)
    let third = (y * second).cumsum(1)
    builder.output("a", (third * third).cumsum(1))
    builder.output("b", (z * 3).cumsum(1))
    let kernels = try CompiledRun(builder.build()).program.kernels
    let products = kernels.filter { $0.name.hasSuffix("_mul") }
    #expect(products.count == 7)
    // The two by 3 of one shape do the same, as do those of two values; a square reads one.
    #expect(Set(products.map(\.function)).count == 5)
    try CompiledCheck.expect(
      builder.build(), CompiledCheck.inputs(builder.build(), seed: 3), "others")
  }

  private func text(_ lines: String...) -> CanonicalText {
    var text = CanonicalText()
    for line in lines { text.append(line) }
    return text
  }

  @Test func canonicalTextSetsOnlyNodesAside() {
    #expect(text("f(v12 + c, v7, t12);") == text("f(v3 + c, v140, t3);"))
    #expect(text("/* %12 = add */", "f(v1);") == text("f(v2);"))
    #expect(text("f(v1, v1);") != text("f(v1, v2);"))
    #expect(text("f(v1, v2, v1);") != text("f(v1, v2, v2);"))
    #expect(text("f(v1, t1);") != text("f(v1, t2);"))
    #expect(text("f(v1, t1);") != text("f(t1, v1);"))
    #expect(text("f(v1 + 12);") != text("f(v1 + 13);"))
    #expect(text("f(c12);") != text("f(c13);"))
    #expect(text("f(0x1.8p12);") != text("f(0x1.8p13);"))
    #expect(text("f(0x1p-3);") != text("f(0x1p-4);"))
    #expect(text("f(iv1);") != text("f(iv2);"))
    #expect(text("f(v1_a);") != text("f(v2_a);"))
    #expect(text("f(v1);", "g();") != text("f(v1);g();"))
  }

  @Test func longListsAreWrapped() {
    let items = (0..<20).map { "argument\($0)" }
    let lines = CSyntax.wrapped("function(", items, ");")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= 96 })
    #expect(
      lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        == "function(" + items.joined(separator: ", ") + ");")
    #expect(CSyntax.wrapped("f(", [], ");") == ["f();"])
  }
}

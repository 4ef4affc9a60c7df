import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// A softmax cross-entropy and its gradient: how many passes over the logits, and that labels
/// outside the classes, stored intermediate values and rows too long for a tile change nothing.
@Suite struct CrossEntropyTests {
  private func check(
    rows: Int, classes: Int, labels dtype: DType = .i64,
    _ more: (GraphBuilder, Value, Value) -> Void = { _, _, _ in }
  ) throws -> Program {
    let builder = GraphBuilder("loss")
    let x = builder.input("x", .f32, [rows, classes])
    let labels = builder.input("labels", dtype, [rows])
    let logits = x * 3
    let loss = logits.crossEntropy(labels: labels)
    builder.output("loss", loss)
    builder.output("dx", builder.gradients(of: loss, withRespectTo: [x])[0])
    more(builder, logits, labels)
    let graph = try builder.build()
    let picked = (0..<rows).map { Int64($0 * 7 % (classes + 3)) - 1 }
    let labelValues =
      dtype == .i64
      ? Tensor(picked, shape: [rows]) : Tensor(picked.map { Int32($0) }, shape: [rows])
    let inputs = [
      "x": Tensor(FixtureGenerator.normal(seed: 1, count: rows * classes), shape: [rows, classes]),
      "labels": labelValues,
    ]
    try CompiledCheck.expect(graph, inputs, "\(rows) x \(classes)", relative: 2e-6)
    return try CompiledRun(graph, threads: 1).program
  }

  @Test(arguments: [(64, 10), (37, 1000), (5, 4096), (1, 1), (3, 4)])
  func takesFewPasses(_ rows: Int, _ classes: Int) throws {
    for dtype in [DType.i64, .i32] {
      let source = try check(rows: rows, classes: classes, labels: dtype).source
      let suffix = dtype == .i64 ? "i64" : "i32"
      // One column is no axis to find a label on.
      guard classes > 1 else { continue }
      for call in ["dlc_exp_sub_sum_f32(", "dlc_pick_sub_rows_f32_\(suffix)("] {
        #expect(source.contains(call), "\(call): \(source)")
      }
      #expect(source.contains("dlc_muladd_at_f32_\(suffix)("))
      #expect(!source.contains("dlc_where_f32(rows, cols"))
      #expect(!source.contains("dlc_equal_"))
    }
  }

  @Test func longRowsGoPieceByPiece() throws {
    let source = try check(rows: 3, classes: 5000).source
    #expect(!source.contains("dlc_pick"))
  }

  /// Intermediate values that are wanted are computed as they are without the rules.
  @Test func storedValuesStay() throws {
    _ = try check(rows: 20, classes: 100) { builder, logits, labels in
      let shifted = logits - logits.max(axes: [-1], keepDims: true)
      builder.output("shifted", shifted)
      builder.output("exponential", shifted.exp())
      let classes = builder.iota(.i64, [100])
      let chosen = labels.expandDims(-1) .== classes
      builder.output("chosen", chosen.select(shifted, shifted.constant(0)))
      builder.output("is", chosen)
    }
  }

  /// The number of a column of a part is not the number of the whole's.
  @Test func anIndexThatBeginsElsewhereIsNoColumn() throws {
    let builder = GraphBuilder("shifted")
    let x = builder.input("x", .f32, [6, 8])
    let labels = builder.input("labels", .i64, [6])
    let columns = builder.iota(.i64, [10]).slice(0, from: 2, to: 10)
    let chosen = labels.expandDims(-1) .== columns
    builder.output("y", chosen.select(x, x.constant(0)).sum(axes: [-1]))
    let inputs = [
      "x": Tensor(FixtureGenerator.normal(seed: 1, count: 48), shape: [6, 8]),
      "labels": Tensor([0, 1, 2, 5, 9, 10] as [Int64], shape: [6]),
    ]
    try CompiledCheck.expect(try builder.build(), inputs, "shifted")
  }
}

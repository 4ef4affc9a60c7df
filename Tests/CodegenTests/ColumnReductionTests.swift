import GraphIR
import Testing

/// Reductions over rows inside the loop that makes what they reduce.
@Suite struct ColumnReductionTests {
  struct Size: Sendable, CustomTestStringConvertible {
    let rows: Int
    let cols: Int
    var dtype = DType.f32
    var testDescription: String { "\(rows) x \(cols), \(dtype)" }
  }

  static let sizes =
    [1, 2, 31, 131, 2053].flatMap { rows in
      [1, 5, 17, 64, 131].map { Size(rows: rows, cols: $0) }
    } + [
      Size(rows: 20011, cols: 3), Size(rows: 5, cols: 4099),
      Size(rows: 1031, cols: 37, dtype: .f64),
    ]

  @Test(arguments: sizes) func severalOfOneLoop(_ size: Size) throws {
    let builder = GraphBuilder("columns")
    let x = builder.input("x", size.dtype, [size.rows, size.cols])
    let y = builder.input("y", size.dtype, [size.rows, size.cols])
    let row = builder.input("row", size.dtype, [size.cols])
    let z = (x * 0.5 + row).tanh() * y
    builder.output("z", z)
    builder.output("sum", z.sum(axes: [0]))
    builder.output("squares", (z * z).sum(axes: [0]))
    builder.output("products", (x * y).sum(axes: [0]) * row)
    builder.output("max", (z - row).max(axes: [0]))
    builder.output("min", (x * row).min(axes: [0]))
    builder.output("centered", z - z.mean(axes: [0], keepDims: true))
    let graph = try builder.build()
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: size.rows + size.cols), size.testDescription,
      relative: 1e-5)
  }

  @Test(arguments: [1, 7, 131, 1031], [1, 19, 67]) func products(_ rows: Int, _ cols: Int) throws {
    let builder = GraphBuilder("products")
    let x = builder.input("x", .f32, [rows, cols])
    builder.output("y", (x * (1 / Double(rows)) + 1).prod(axes: [0]))
    let n = builder.input("n", .i32, [rows, cols])
    builder.output("count", (n + 1).sum(axes: [0]))
    builder.output("largest", (n * 3).max(axes: [0]))
    let graph = try builder.build()
    var inputs = CompiledCheck.inputs(graph, seed: rows)
    let integers = (0..<rows * cols).map { Int32(($0 * 37) % 101 - 50) }
    inputs["n"] = Tensor(integers, shape: [rows, cols])
    try CompiledCheck.expect(graph, inputs, "\(rows) x \(cols)", relative: 5e-5)
  }
}

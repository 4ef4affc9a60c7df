import GraphIR
import Testing

/// Every rewrite by itself: the left side becomes the right side, and the results stay.
@Suite struct PassesRewriteTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rewrite: String
    let before: @Sendable (Inputs) -> Value
    let after: @Sendable (Inputs) -> Value
    var testDescription: String { rewrite }

    init(
      _ rewrite: String, _ before: @escaping @Sendable (Inputs) -> Value,
      _ after: @escaping @Sendable (Inputs) -> Value
    ) {
      self.rewrite = rewrite
      self.before = before
      self.after = after
    }
  }

  static let cases = [
    Case("x + 0 = x", { $0.x + 0 }, { $0.x }),
    Case("x + 0 = x", { $0.zeros + $0.row }, { $0.row.broadcast(to: [3, 4]) }),
    Case("x - 0 = x", { $0.x - 0 }, { $0.x }),
    Case("0 - x = -x", { 0 - $0.x }, { -$0.x }),
    Case("x * 1 = x", { 1 * $0.x }, { $0.x }),
    Case("x * -1 = -x", { $0.x * -1 }, { -$0.x }),
    Case("x * 0 = 0, of integers", { $0.n * 0 }, { $0.n.constant(0).broadcast(to: [3, 4]) }),
    Case("x * 0 = 0, of integers", { $0.x * 0 }, { $0.x * 0 }),
    Case("x / 1 = x", { $0.n / 1 }, { $0.n }),
    Case("x / c = x * (1 / c), c a power of two", { $0.x / -8 }, { $0.x * -0.125 }),
    Case("x / c = x * (1 / c), c a power of two", { $0.x / 3 }, { $0.x / 3 }),
    Case("x / c = x * (1 / c), c a power of two", { $0.n / 2 }, { $0.n / 2 }),
    Case("-(-x) = x", { -(-$0.x) }, { $0.x }),
    Case("x + (-y) = x - y", { $0.x + -$0.y }, { $0.x - $0.y }),
    Case("x + (-y) = x - y", { -$0.x + $0.y }, { $0.y - $0.x }),
    Case("x - (-y) = x + y", { $0.x - -$0.y }, { $0.x + $0.y }),
    Case("pow(x, 1) = x", { $0.x.pow(1) }, { $0.x }),
    Case("pow(x, 2) = x * x", { $0.x.pow(2) }, { $0.x * $0.x }),
    Case("pow(x, 1/2) = sqrt(x)", { $0.x.abs().pow(0.5) }, { $0.x.abs().sqrt() }),
    Case(
      "where(true, x, y) = x, where(false, x, y) = y",
      { ($0.x .> 2).select($0.x, $0.y) }, { ($0.x .> 2).select($0.x, $0.y) }),
    Case(
      "where(true, x, y) = x, where(false, x, y) = y", { $0.truth(true).select($0.x, $0.y) },
      { $0.x }),
    Case(
      "where(true, x, y) = x, where(false, x, y) = y", { $0.truth(false).select($0.x, $0.row) },
      { $0.row.broadcast(to: [3, 4]) }),
    Case("where(c, x, x) = x", { ($0.x .> 0).select($0.y, $0.y) }, { $0.y }),
    Case(
      "where(not c, x, y) = where(c, y, x)", { (.!($0.x .> 0)).select($0.x, $0.y) },
      { ($0.x .> 0).select($0.y, $0.x) }),
    Case("not(not(x)) = x", { .!(.!($0.x .> 0)) }, { $0.x .> 0 }),
    Case("f(x, x) = x", { $0.x.maximum($0.x) }, { $0.x }),
    Case("f(f(x)) = f(x)", { $0.x.relu().relu() }, { $0.x.relu() }),
    Case("f(x) = x, f moving nothing", { $0.x.apply(Reshape([3, -1])) }, { $0.x }),
    Case("f(x) = x, f moving nothing", { $0.x.apply(Broadcast([3, 4])) }, { $0.x }),
    Case("f(x) = x, f moving nothing", { $0.x.apply(Cast(.f32)) }, { $0.x }),
    Case("slice(x) = x, of everything", { $0.x.slice(1, from: -4) }, { $0.x }),
    Case("slice(x) = x, of everything", { $0.x.flip(1) }, { $0.x.flip(1) }),
    Case(
      "pad(x) = x, by nothing", { $0.x.apply(Pad(low: [0, 0], high: [0, 0], interior: [0, 0])) },
      { $0.x }),
    Case(
      "pad(pad(x)) = pad(x), with the same value",
      { $0.x.pad(low: [1, 0], high: [0, 2], interior: [1, 0]).pad(low: [0, 3], high: [4, 1]) },
      { $0.x.pad(low: [1, 3], high: [4, 3], interior: [1, 0]) }),
    Case(
      "pad(pad(x)) = pad(x), with the same value", { $0.x.padded().padded(interior: 1) },
      { $0.x.padded().padded(interior: 1) }),
    Case(
      "pad(pad(x)) = pad(x), with the same value", { $0.x.padded().padded(value: 2) },
      { $0.x.padded().padded(value: 2) }),
    Case("concat(x) = x", { concat([$0.x], axis: 0) }, { $0.x }),
    Case(
      "reshape(reshape(x)) = reshape(x)", { $0.x.reshape([12]).reshape([2, 6]) },
      {
        $0.x.reshape([2, 6])
      }),
    Case(
      "transpose(transpose(x)) = transpose(x)",
      { $0.cube.transpose([1, 2, 0]).transpose([0, 2, 1]) }, { $0.cube.transpose([1, 0, 2]) }),
    Case(
      "transpose(x) = reshape(x), where only axes of size 1 move",
      { $0.row.reshape([1, 4]).transposed() }, { $0.row.reshape([1, 4]).reshape([4, 1]) }),
    Case(
      "matmul(transpose(x), y) = matmul(x, y), transposed as it is read",
      { $0.x.transposed().matmul($0.y) },
      { $0.x.transpose([0, 1]).matmul($0.y, transposeA: true) }),
    Case(
      "matmul(transpose(x), y) = matmul(x, y), transposed as it is read",
      { $0.heads.matmul($0.heads.transpose([1, 0, 2, 3])) },
      { $0.heads.matmul($0.heads.transpose([1, 0, 2, 3])) }),
    Case(
      "matmul(transpose(x), y) = matmul(x, y), transposed as it is read",
      { $0.heads.matmul($0.heads.transpose([2, 3, 1, 0])) },
      { $0.heads.matmul($0.heads.transpose([2, 3, 0, 1]), transposeB: true) }),
    Case(
      "broadcast(x) = reshape(x), of as many elements", { $0.row.broadcast(to: [1, 4]) },
      { $0.row.reshape([1, 4]) }),
    Case(
      "broadcast(broadcast(x)) = broadcast(x)",
      { $0.row.broadcast(to: [3, 4]).broadcast(to: [2, 3, 4]) },
      { $0.row.broadcast(to: [2, 3, 4]) }),
    Case(
      "view(broadcast(s)) = broadcast(s), s of one element", { $0.zeros.reshape([2, 6]) },
      { $0.x.constant(0).broadcast(to: [2, 6]) }),
    Case(
      "f(x, broadcast(y)) = f(x, y)", { $0.x * $0.row.broadcast(to: [3, 4]) }, { $0.x * $0.row }),
    Case(
      "f(x, broadcast(y)) = f(x, y)", { $0.x * $0.row.reshape([1, 4]) }, { $0.x * $0.row }),
    Case(
      "f(broadcast(x)) = broadcast(f(x))", { $0.row.broadcast(to: [3, 4]).exp() },
      { $0.row.exp().broadcast(to: [3, 4]) }),
    Case(
      "f(broadcast(x)) = broadcast(f(x))",
      { $0.row.broadcast(to: [3, 4]) * $0.zeros }, { ($0.row * 0).broadcast(to: [3, 4]) }),
    Case(
      "reduce(x) = reshape(x), over axes of size 1", { $0.row.reshape([1, 4]).max(axes: [0]) },
      { $0.row.reshape([1, 4]).reshape([4]) }),
    Case(
      "sum(broadcast(x)) = sum(x) * count", { $0.row.broadcast(to: [3, 4]).sum() },
      { $0.row.broadcast(to: [1, 4]).sum() * 3 }),
    Case(
      "sum(broadcast(x)) = sum(x) * count", { $0.row.broadcast(to: [3, 4]).sum(axes: [1]) },
      { $0.row.broadcast(to: [3, 4]).sum(axes: [1]) }),
    Case(
      "sum(max_pool_gradient(x, g)) = sum(g), over the windows' axes",
      { $0.pooledGradient.sum(axes: [0, 3, 4]) }, { $0.given.sum(axes: [0, 3, 4]) }),
    Case(
      "sum(max_pool_gradient(x, g)) = sum(g), over the windows' axes",
      { $0.pooledGradient.sum(axes: [3]) }, { $0.pooledGradient.sum(axes: [3]) }),
    Case(
      "slice(pad(x)) = pad(x), by less",
      { $0.cut($0.x.pad(low: [1, 0], high: [2, 3]), [0, 1], from: [1, 0], to: [5, 5]) },
      { $0.x.pad(low: [0, 0], high: [1, 1]) }),
    Case(
      "slice(pad(x)) = pad(x), by less", { $0.x.padded().slice(0, from: 1) },
      { $0.x.padded().slice(0, from: 1) }),
    Case(
      "slice(pad(x)) = pad(x), by less", { $0.x.padded().slice(0, from: 0, step: 3) },
      { $0.x.padded().slice(0, from: 0, step: 3) }),
    Case(
      "slice(reshape(x)) = reshape(slice(x)), axes of size 1 coming or going",
      { $0.x.reshape([3, 1, 4]).slice(2, from: 1, to: 3) },
      { $0.x.slice(1, from: 1, to: 3).reshape([3, 1, 2]) }),
    Case(
      "slice(reshape(x)) = reshape(slice(x)), axes of size 1 coming or going",
      { $0.x.reshape([4, 3]).slice(0, from: 1) }, { $0.x.reshape([4, 3]).slice(0, from: 1) }),
    Case(
      "slice(convolution(pad(x), w)) = convolution(slice(pad(x)), w)",
      { $0.cut($0.convolved, [3, 4], from: [1, 2], to: [3, 4]) },
      { inputs in
        inputs.cut(inputs.padded, [3, 4], from: [1, 2], to: [4, 6])
          .convolve(inputs.kernel, strides: [1, 1], dilations: [1, 1])
      }),
    Case(
      "slice(convolution(pad(x), w)) = convolution(slice(pad(x)), w)",
      { $0.convolved.slice(3, from: 2, to: 4) },
      { $0.convolved.slice(3, from: 2, to: 4) }),
    Case(
      "slice(convolution(pad(x), w)) = convolution(slice(pad(x)), w)",
      { $0.convolved.slice(2, to: 1) },
      { $0.convolved.slice(2, to: 1) }),
    Case(
      "f(broadcast(x)) = f(x)", { $0.row.broadcast(to: [3, 4]).max(axes: [0]) },
      { $0.row.broadcast(to: [1, 4]).max(axes: [0]) }),
  ]

  @Test(arguments: cases) func oneRewrite(_ item: Case) throws {
    let rewrite = try #require(Rewrite.all.first { $0.name == item.rewrite })
    let (before, after) = (try graph(item.before), try graph(item.after))
    let result = try RewriteDriver.run([rewrite], on: before)
    #expect(PassesSupport.expression(result) == PassesSupport.expression(after))
    try PassesSupport.expectSameResults(before, result, Inputs.values, item.rewrite)
  }

  @Test func everyRewriteHasACase() {
    let names = Rewrite.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(names) == Set(Self.cases.map(\.rewrite)))
  }

  @Test func rewritesFollowFromOneAnother() throws {
    let before = try graph { inputs in
      let zeros = inputs.zeros.reshape([12]).reshape([3, 4])
      return ((inputs.x + zeros).reshape([12]) / 1).reshape([3, 4])
    }
    let after = Pass.simplify("").run(before)
    #expect(PassesSupport.expression(after) == "x")
  }

  @Test func twoRewritesThatUndoEachOtherAreNamed() throws {
    let loop = [
      Rewrite("exp(x) = sin(x)", ["exp"]) { $0[0].sin() },
      Rewrite("sin(x) = exp(x)", ["sin"]) { $0[0].exp() },
    ]
    let graph = try graph { $0.x.exp() }
    let error = #expect(throws: RewriteLoop.self) { try RewriteDriver.run(loop, on: graph) }
    let names = [error?.first, error?.second].compactMap { $0 }
    #expect(names.sorted() == loop.map(\.name))
    #expect(error?.description.hasSuffix("undo each other") == true)
  }

  private func graph(_ body: (Inputs) -> Value) throws -> Graph {
    let builder = GraphBuilder("test")
    builder.output("y", body(Inputs(builder)))
    return try builder.build()
  }
}

extension Value {
  /// One more element after the rows, or between them.
  fileprivate func padded(interior: Int = 0, value: Double = 0) -> Value {
    pad(low: [0, 0], high: [1, 0], interior: [interior, 0], value: value)
  }
}

/// The operands of the cases.
struct Inputs {
  let x: Value
  let y: Value
  let row: Value
  let n: Value
  let cube: Value
  let heads: Value
  let image: Value
  let kernel: Value

  init(_ builder: GraphBuilder) {
    x = builder.input("x", .f32, [3, 4])
    y = builder.input("y", .f32, [3, 4])
    row = builder.input("row", .f32, [4])
    n = builder.input("n", .i32, [3, 4])
    cube = builder.input("cube", .f32, [2, 2, 3])
    heads = builder.input("heads", .f32, [2, 2, 2, 2])
    image = builder.input("image", .f32, [2, 1, 2, 3, 4])
    kernel = builder.input("kernel", .f32, [1, 3, 2, 2, 3])
  }

  var padded: Value { image.pad(low: [0, 0, 0, 1, 2], high: [0, 0, 0, 1, 0]) }
  var convolved: Value { padded.convolve(kernel, strides: [1, 1], dilations: [1, 1]) }
  /// A gradient for each window of 2 x 3 elements of the image; the windows overlap.
  var given: Value { cut(image, [3, 4], from: [1, 2], to: [3, 4]) }
  var pooledGradient: Value {
    image.apply(MaxPoolGradient(Windows(axes: [3, 4], sizes: [2, 3], strides: [1, 1])), given)
  }
  func cut(_ x: Value, _ axes: [Int], from: [Int], to: [Int]) -> Value {
    x.slice(axes: axes, from: from, to: to, step: axes.map { _ in 1 })
  }
  var zeros: Value { x.constant(0).broadcast(to: [3, 4]) }
  func truth(_ value: Bool) -> Value { x.builder.constant(value ? 1 : 0, .bool) }

  static let values: [String: Tensor] = {
    func floats(_ count: Int, _ shape: Shape) -> Tensor {
      Tensor((0..<count).map { Float(($0 * 7) % 12) - 5.5 }, shape: shape)
    }
    return [
      "x": floats(12, [3, 4]), "y": Tensor((0..<12).map { Float($0) }, shape: [3, 4]),
      "row": floats(4, [4]), "n": Tensor((-5..<7).map { Int32($0) }, shape: [3, 4]),
      "cube": floats(12, [2, 2, 3]), "heads": floats(16, [2, 2, 2, 2]),
      "image": floats(48, [2, 1, 2, 3, 4]), "kernel": floats(36, [1, 3, 2, 2, 3]),
    ]
  }()
}

import GraphIR
import Testing

/// Every rewrite of layouts by itself, where it applies and where it must not.
@Suite struct PassesLayoutTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rewrite: String
    let before: @Sendable (LayoutInputs) -> Value
    /// Nil where nothing may change.
    let after: (@Sendable (LayoutInputs) -> Value)?
    var testDescription: String { rewrite + (after == nil ? ", not here" : "") }

    init(
      _ rewrite: String, _ before: @escaping @Sendable (LayoutInputs) -> Value,
      _ after: (@Sendable (LayoutInputs) -> Value)? = nil
    ) {
      self.rewrite = rewrite
      self.before = before
      self.after = after
    }
  }

  static let convolution = "convolution(x, w), channels last inside"
  static let map = "f(transpose(x), ..) = transpose(f(x, ..))"
  static let reduce = "reduce(transpose(x)) = transpose(reduce(x))"
  static let broadcast = "broadcast(transpose(x)) = transpose(broadcast(x))"
  static let alongAxes = "f(transpose(x), ..) = transpose(f(x, ..)), along other axes"
  static let concatenate = "concat(transpose(x), ..) = transpose(concat(x, ..))"
  static let reshape = "reshape(transpose(x)) = transpose(reshape(x)), axes split or joined"

  static let cases = [
    Case(
      convolution, { $0.image.convolve($0.kernel, strides: [2, 1], dilations: [1, 1]) },
      { inputs in
        inputs.image.transpose([0, 3, 4, 1, 2]).reshape([2, 5, 4, 3])
          .apply(LayoutInputs.inside([2, 1]), inputs.kernel)
          .reshape([2, 2, 3, 1, 2]).transpose([0, 3, 4, 1, 2])
      }),
    Case(
      convolution, { $0.grouped.convolve($0.grouped8, strides: [1], dilations: [1]) },
      {
        $0.grouped.transpose([0, 3, 1, 2]).apply(LayoutInputs.inside([1]), $0.grouped8)
          .transpose([0, 2, 3, 1])
      }),
    // Two filters a group are no run to work on.
    Case(
      convolution,
      { $0.grouped.convolve($0.grouped8.slice(1, to: 2), strides: [1], dilations: [1]) }),
    Case(
      convolution,
      { $0.grouped.transpose([0, 3, 1, 2]).apply(LayoutInputs.inside([1]), $0.grouped8) }),

    Case(map, { $0.turned.exp() }, { $0.box.exp().transpose([1, 2, 0]) }),
    Case(map, { $0.turned.cast(to: .f64) }, { $0.box.cast(to: .f64).transpose([1, 2, 0]) }),
    Case(
      map, { $0.turned * 3 - $0.other.transpose([1, 2, 0]) },
      { ($0.box * 3 - $0.other).transpose([1, 2, 0]) }),
    Case(
      map, { $0.turned * $0.pair },
      { ($0.box * $0.pair.reshape([1, 1, 2]).transpose([2, 0, 1])).transpose([1, 2, 0]) }),
    Case(
      map, { $0.turned - $0.flat.reshape([3, 4, 2]) },
      {
        ($0.box - $0.flat.reshape([3, 4, 2]).transpose([2, 0, 1])).transpose([1, 2, 0])
      }),
    // Either could be turned to the other's order, and back again.
    Case(map, { $0.flat.reshape([2, 3, 4]).transpose([1, 2, 0]) - $0.flat.reshape([3, 4, 2]) }),
    Case(map, { $0.turned - $0.third }),
    Case(map, { $0.turned + $0.other.reshape([4, 3, 2]).transpose([1, 0, 2]) }),
    Case(map, { $0.pair * $0.third }),

    Case(reduce, { $0.turned.sum(axes: [0]) }, { $0.box.sum(axes: [1]).transpose([1, 0]) }),
    Case(
      reduce, { $0.turned.max(axes: [0, 2], keepDims: true) },
      { $0.box.max(axes: [0, 1], keepDims: true).transpose([1, 2, 0]) }),
    Case(reduce, { $0.turned.sum() }, { $0.box.sum().transpose([]) }),
    Case(reduce, { $0.third.sum(axes: [1]) }),

    Case(
      broadcast, { $0.thin.transpose([1, 2, 0]).broadcast(to: [3, 4, 2]) },
      { $0.thin.broadcast(to: [2, 3, 4]).transpose([1, 2, 0]) }),
    // An axis more in front has no place in x.
    Case(broadcast, { $0.thin.transpose([1, 2, 0]).broadcast(to: [5, 3, 4, 2]) }),
    Case(broadcast, { $0.pair.broadcast(to: [3, 4, 2]) }),

    Case(
      alongAxes,
      { $0.turned.pad(low: [1, 2, 3], high: [0, 4, 0], interior: [0, 0, 1], value: 2) },
      {
        $0.box.pad(low: [3, 1, 2], high: [0, 0, 4], interior: [1, 0, 0], value: 2)
          .transpose([1, 2, 0])
      }),
    Case(
      alongAxes, { $0.turned.slice(axes: [0, 2], from: [1, 1], to: [3, 2], step: [1, 1]) },
      {
        $0.box.slice(axes: [0, 1], from: [1, 1], to: [2, 3], step: [1, 1])
          .transpose([1, 2, 0])
      }),
    Case(
      alongAxes, { $0.turned.maxPool($0.windows(0, 1)) },
      { $0.box.maxPool($0.windows(1, 2)).transpose([1, 2, 0]) }),
    Case(
      alongAxes, { $0.turned.sumPool($0.windows(0, 1)) },
      { $0.box.sumPool($0.windows(1, 2)).transpose([1, 2, 0]) }),
    Case(
      alongAxes, { $0.turned.repeated(axes: [0, 1], counts: [2, 3]) },
      { $0.box.repeated(axes: [1, 2], counts: [2, 3]).transpose([1, 2, 0]) }),
    Case(
      alongAxes,
      { $0.turned.apply(MaxPoolGradient($0.windows(0, 1)), $0.turned.maxPool($0.windows(0, 1))) },
      {
        $0.box.apply(MaxPoolGradient($0.windows(1, 2)), $0.box.maxPool($0.windows(1, 2)))
          .transpose([1, 2, 0])
      }),
    Case(
      alongAxes,
      { $0.turned.apply(MaxPoolGradient($0.windows(0, 1)), $0.third.sumPool($0.windows(0, 1))) },
      { inputs in
        let g = inputs.third.sumPool(inputs.windows(0, 1)).transpose([2, 0, 1])
        return inputs.box.apply(MaxPoolGradient(inputs.windows(1, 2)), g).transpose([1, 2, 0])
      }),
    // The first of equal elements would be another one.
    Case(alongAxes, { $0.turned.maxPool($0.windows(0, 2)) }),
    Case(alongAxes, { $0.box.maxPool($0.windows(0, 2)) }),

    Case(
      concatenate, { concat([$0.turned, $0.other.transpose([1, 2, 0])], axis: 1) },
      { concat([$0.box, $0.other], axis: 2).transpose([1, 2, 0]) }),
    Case(concatenate, { concat([$0.turned, $0.third], axis: 0) }),
    Case(
      concatenate,
      { concat([$0.turned, $0.other.reshape([4, 3, 2]).transpose([1, 0, 2])], axis: 2) }),

    Case(
      reshape, { $0.turned.reshape([12, 2]) }, { $0.box.reshape([2, 12]).transpose([1, 0]) }),
    Case(
      reshape, { $0.turned.reshape([3, 2, 2, 1, 2]) },
      { $0.box.reshape([2, 3, 2, 2, 1]).transpose([1, 2, 3, 4, 0]) }),
    // Its rows do not lie beside each other in x.
    Case(reshape, { $0.turned.reshape([3, 8]) }),
    Case(reshape, { $0.third.reshape([12, 2]) }),
  ]

  @Test(arguments: cases) func oneRewrite(_ item: Case) throws {
    let rewrite = try #require(Rewrite.layout.first { $0.name == item.rewrite })
    let before = try graph(item.before)
    let result = try RewriteDriver.run([rewrite], on: before)
    let wanted = PassesSupport.expression(try graph(item.after ?? item.before))
    #expect(PassesSupport.expression(result) == wanted)
    #expect((PassesSupport.expression(before) == wanted) == (item.after == nil))
    try PassesSupport.expectSameResults(before, result, LayoutInputs.values, item.rewrite)
  }

  @Test func everyRewriteHasACaseAndAnother() {
    let names = Rewrite.layout.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      let own = Self.cases.filter { $0.rewrite == name }
      #expect(own.contains { $0.after != nil }, "\(name)")
      #expect(own.contains { $0.after == nil }, "\(name)")
    }
    #expect(Self.cases.allSatisfy { names.contains($0.rewrite) })
  }

  private func graph(_ body: (LayoutInputs) -> Value) throws -> Graph {
    let builder = GraphBuilder("test")
    builder.output("y", body(LayoutInputs(builder)))
    return try builder.build()
  }
}

/// The operands of the cases.
struct LayoutInputs {
  let box: Value
  let other: Value
  let third: Value
  let flat: Value
  let pair: Value
  let thin: Value
  let image: Value
  let kernel: Value
  let grouped: Value
  let grouped8: Value

  static let shapes: KeyValuePairs<String, Shape> = [
    "box": [2, 3, 4], "other": [2, 3, 4], "third": [3, 4, 2], "flat": [24], "pair": [2],
    "thin": [2, 1, 4], "image": [2, 1, 3, 5, 4], "kernel": [1, 2, 3, 2, 2],
    "grouped": [2, 2, 3, 4], "grouped8": [2, 8, 3, 2],
  ]

  init(_ builder: GraphBuilder) {
    let all = Self.shapes.map { builder.input($0, .f32, $1) }
    (box, other, third, flat, pair) = (all[0], all[1], all[2], all[3], all[4])
    (thin, image, kernel, grouped, grouped8) = (all[5], all[6], all[7], all[8], all[9])
  }

  /// Axes 1, 2 and 0 of the box: [3, 4, 2].
  var turned: Value { box.transpose([1, 2, 0]) }

  func windows(_ axes: Int...) -> Windows {
    Windows(axes: axes, sizes: axes.map { _ in 2 })
  }

  static func inside(_ strides: [Int]) -> Convolution {
    Convolution(strides: strides, dilations: strides.map { _ in 1 }, isChannelsLast: true)
  }

  static let values = Dictionary(
    uniqueKeysWithValues: shapes.map { name, shape in
      let elements = (0..<shape.count).map { Float(($0 * 7 + name.count) % 23) / 4 - 2 }
      return (name, Tensor(elements, shape: shape))
    })
}

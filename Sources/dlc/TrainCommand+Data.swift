import Foundation
import GraphIR
import Runtime

/// Data for models that are trained without any.
enum TrainData {
  /// The built-in digits for graphs of images, made-up rows for regression.
  static func builtIn(
    for graph: Graph, model: String
  ) throws -> (train: Dataset, test: Dataset?) {
    let inputs = graph.inputs.map(\.input)
    let names = Set(inputs.map(\.key))
    let rowSizes = inputs.map { $0.type.shape.dims.dropFirst().reduce(1, *) }
    let sizes = Dictionary(zip(inputs.map(\.key), rowSizes)) { first, _ in first }
    let labels = inputs.first { $0.key == "y" }
    let isLabelled = labels.map { !$0.type.dtype.isFloat && sizes["y"] == 1 } ?? true
    if names.isSubset(of: ["x", "y"]), sizes["x"] == 784, isLabelled {
      return try EmbeddedMNIST.load()
    }
    // By the graph's name, so that a dumped graph trains on what its model does.
    if graph.name == "regression", let features = sizes["x"] {
      return (
        try sines(rows: 16_384, features: features, seed: 1),
        try sines(rows: 1024, features: features, seed: 2)
      )
    }
    let list = inputs.map { "'\($0.key)' (\($0.type))" }.joined(separator: ", ")
    throw CommandError("there is no built-in data for \(model); give --data with arrays \(list)")
  }

  /// Features uniform in -1..<1; the target is the sum of sin(pi/2 (1 + i mod 3) x_i), divided by
  /// the root of their number so that its variance is about 1/2.
  static func sines(rows: Int, features: Int, seed: UInt64) throws -> Dataset {
    var random = SplitMix64(state: seed)
    var x: [Float] = []
    var y: [Float] = []
    x.reserveCapacity(rows * features)
    for _ in 0..<rows {
      var sum = 0.0
      for feature in 0..<features {
        let value = Float(random.unit() * 2 - 1)
        x.append(value)
        sum += sin(Double.pi / 2 * Double(1 + feature % 3) * Double(value))
      }
      y.append(Float(sum / Double(features).squareRoot()))
    }
    return try Dataset(
      arrays: [
        ("x", Tensor(x, shape: [rows, features])), ("y", Tensor(y, shape: [rows])),
      ], source: "built-in sums of sines")
  }

  /// Sees to it that labels are classes of the output `logits`.
  static func checkLabels(_ graph: Graph, _ datasets: [Dataset]) throws {
    guard let logits = graph.output("logits"), let classes = graph[logits].type.shape.dims.last,
      let labels = graph.inputs.first(where: { $0.input.key == "y" }),
      !labels.input.type.dtype.isFloat
    else { return }
    for dataset in datasets where dataset.index(of: "y") != nil && dataset.count > 0 {
      try dataset.requireLabels(below: classes)
    }
  }
}

/// The generator of Steele, Lea and Flood (2014): the same rows everywhere.
private struct SplitMix64 {
  var state: UInt64

  /// Uniform in 0..<1.
  mutating func unit() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    return Double(mixed >> 11) * 0x1p-53
  }
}

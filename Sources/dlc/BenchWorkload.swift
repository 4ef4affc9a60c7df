import Foundation
import GraphIR
import Models
import Runtime

/// A model with its batch as bench/workloads.py has it, for the side-by-side benchmark.
struct BenchWorkload {
  /// How an array of the batch is drawn.
  enum Draw {
    /// In [0, 1).
    case uniform
    case normal
    /// i64 from 0 up to the count.
    case labels(Count)
  }

  /// A number, or a parameter's.
  enum Count {
    case parameter(String)
    case size(Int)
  }

  let name: String
  /// The batch first, then the sizes that the command line can change.
  let defaults: [(name: String, value: Int)]
  /// The batch: inputs of the model, which knows their shapes, in the order they are drawn.
  let arrays: [(name: String, draw: Draw)]
  var optimizer = Optimizer.adam(learningRate: 1e-3)

  static let all = [
    BenchWorkload(
      name: "autoencoder", defaults: [("batch", 256), ("latent", 128)], arrays: [("x", .uniform)]),
    BenchWorkload(
      name: "regression", defaults: [("batch", 64), ("inputs", 16), ("width", 64)],
      arrays: [("x", .normal), ("y", .normal)]),
    BenchWorkload(
      name: "classifier", defaults: [("batch", 128), ("width", 512)],
      arrays: [("x", .normal), ("y", .labels(.size(10)))]),
    BenchWorkload(
      name: "vae", defaults: [("batch", 128), ("latent", 20)],
      arrays: [("x", .uniform), ("eps", .normal)]),
    BenchWorkload(
      name: "cnn", defaults: [("batch", 64), ("inputs", 784)],
      arrays: [("x", .normal), ("y", .labels(.size(10)))]),
    BenchWorkload(
      name: "attention", defaults: [("batch", 4), ("tokens", 512), ("dim", 256), ("heads", 4)],
      arrays: [("x", .normal), ("y", .normal)], optimizer: .sgd(learningRate: 1e-3)),
    BenchWorkload(
      name: "transformer",
      defaults: [
        ("batch", 8), ("tokens", 128), ("dim", 256), ("heads", 4), ("layers", 4), ("vocab", 4096),
      ],
      arrays: [("x", .labels(.parameter("vocab"))), ("y", .labels(.parameter("vocab")))]),
    BenchWorkload(
      name: "diffusion", defaults: [("batch", 32), ("width", 32), ("inputs", 784)],
      arrays: [("x", .normal), ("eps", .normal), ("t", .uniform)]),
  ]

  static func named(_ name: String) throws -> BenchWorkload {
    guard let workload = all.first(where: { $0.name == name }) else {
      let question = NearestName.of(name, among: all.map(\.name) + ["peak"])
      let hint = question.map { ", did you mean '\($0)'?" } ?? ""
      throw CommandError(
        "there is no workload '\(name)'\(hint); there are "
          + "\(all.map(\.name).joined(separator: ", ")) and peak")
    }
    return workload
  }

  /// The workload's parameters with what was given in the place of defaults.
  func parameters(
    batch: Int?, _ sizes: [String: Int]
  ) throws -> [(name: String, value: Int)] {
    var given = sizes
    given["batch"] = batch
    let known = defaults.map(\.name)
    if let other = given.keys.sorted().first(where: { !known.contains($0) }) {
      throw CommandError(
        "workload '\(name)' has no \(ShapeOptions.option(other)); it has "
          + known.map { "--\($0)" }.joined(separator: ", "))
    }
    return try defaults.map { name, value in
      let value = given[name] ?? value
      guard value >= 1 else { throw CommandError("--\(name) must be 1 or more, not \(value)") }
      return (name, value)
    }
  }

  /// The forward graph, with no output but the loss: the others compute nothing else either.
  func graph(_ parameters: [(name: String, value: Int)]) throws -> Graph {
    var sizes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    let batch = sizes.removeValue(forKey: "batch")
    var graph = try Zoo.named(name).build(batch: batch, sizes: sizes, form: .benchmark)
    graph.outputs.removeAll { $0.name != "loss" }
    return graph
  }

  /// The batch, drawn with the same distributions as bench/workloads.py draws its own.
  func batch(_ parameters: [(name: String, value: Int)]) throws -> [String: Tensor] {
    let sizes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    let rows = sizes["batch"] ?? 1
    // Of one row: a graph of too many is refused without a word about the option.
    let inputs = try graph(parameters.map { ($0.name, $0.name == "batch" ? 1 : $0.value) }).inputs
    var batch: [String: Tensor] = [:]
    for (stream, array) in arrays.enumerated() {
      guard let input = inputs.first(where: { $0.input.key == array.name })?.input else { continue }
      let shape = Shape([rows] + input.type.shape.dims.dropFirst())
      // Drawing it would end the process where there is no memory for it.
      let most = Int(clamping: ProcessInfo.processInfo.physicalMemory / 16)
      guard shape.isValid, shape.count <= most else {
        throw CommandError(
          "the batch's '\(array.name)', \(shape), does not fit in memory; use a smaller --batch")
      }
      batch[array.name] = array.draw.tensor(shape, sizes, stream: stream)
    }
    return batch
  }
}

extension BenchWorkload.Draw {
  fileprivate func tensor(_ shape: Shape, _ sizes: [String: Int], stream: Int) -> Tensor {
    let philox = Philox(seed: 1, step: -2, stream: UInt32(stream))
    let places = 0..<shape.count
    switch self {
    case .uniform: return Tensor(places.map { Float(philox.uniformSingle($0)) }, shape: shape)
    case .normal: return Tensor(places.map { Float(philox.normalSingle($0)) }, shape: shape)
    case .labels(let classes):
      let count = Double(classes.value(sizes))
      return Tensor(places.map { Int64(philox.uniformDouble($0) * count) }, shape: shape)
    }
  }
}

extension BenchWorkload.Count {
  fileprivate func value(_ sizes: [String: Int]) -> Int {
    switch self {
    case .parameter(let name): sizes[name] ?? 1
    case .size(let size): size
    }
  }
}

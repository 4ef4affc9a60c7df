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
    /// i64 from 0 up to `count`.
    case labels(count: Int)
  }

  let name: String
  /// The batch first, then the sizes that the command line can change.
  let defaults: [(name: String, value: Int)]
  /// The batch: axes as names of parameters or as numbers.
  let arrays: [(name: String, axes: [Axis], draw: Draw)]

  enum Axis {
    case parameter(String)
    case size(Int)
  }

  static let all = [
    BenchWorkload(
      name: "autoencoder", defaults: [("batch", 256), ("latent", 128)],
      arrays: [("x", [.parameter("batch"), .size(784)], .uniform)]),
    BenchWorkload(
      name: "regression", defaults: [("batch", 64), ("inputs", 16), ("width", 64)],
      arrays: [
        ("x", [.parameter("batch"), .parameter("inputs")], .normal),
        ("y", [.parameter("batch"), .size(1)], .normal),
      ]),
    BenchWorkload(
      name: "classifier", defaults: [("batch", 128), ("width", 512)],
      arrays: [
        ("x", [.parameter("batch"), .size(784)], .normal),
        ("y", [.parameter("batch")], .labels(count: 10)),
      ]),
    BenchWorkload(
      name: "vae", defaults: [("batch", 128), ("latent", 20)],
      arrays: [
        ("x", [.parameter("batch"), .size(784)], .uniform),
        ("eps", [.parameter("batch"), .parameter("latent")], .normal),
      ]),
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
        "workload '\(name)' has no --\(other); it has "
          + known.map { "--\($0)" }.joined(separator: ", "))
    }
    return try defaults.map { name, value in
      let value = given[name] ?? value
      guard value >= 1 else { throw CommandError("--\(name) must be 1 or more, not \(value)") }
      return (name, value)
    }
  }

  /// The forward graph.
  func graph(_ parameters: [(name: String, value: Int)]) throws -> Graph {
    var sizes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    let batch = sizes.removeValue(forKey: "batch")
    return try Zoo.named(name).build(batch: batch, sizes: sizes, form: .benchmark)
  }

  /// The batch, drawn with the same distributions as bench/workloads.py draws its own.
  func batch(_ parameters: [(name: String, value: Int)]) throws -> [String: Tensor] {
    let sizes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    var batch: [String: Tensor] = [:]
    for (stream, array) in arrays.enumerated() {
      let shape = Shape(
        array.axes.map { axis in
          switch axis {
          case .parameter(let name): sizes[name] ?? 1
          case .size(let size): size
          }
        })
      // Drawing it would end the process where there is no memory for it.
      let most = Int(clamping: ProcessInfo.processInfo.physicalMemory / 16)
      guard shape.isValid, shape.count <= most else {
        throw CommandError(
          "the batch's '\(array.name)', \(shape), does not fit in memory; use a smaller --batch")
      }
      batch[array.name] = array.draw.tensor(shape, stream: stream)
    }
    return batch
  }
}

extension BenchWorkload.Draw {
  fileprivate func tensor(_ shape: Shape, stream: Int) -> Tensor {
    let philox = Philox(seed: 1, step: -2, stream: UInt32(stream))
    let places = 0..<shape.count
    switch self {
    case .uniform: return Tensor(places.map { Float(philox.uniformSingle($0)) }, shape: shape)
    case .normal: return Tensor(places.map { Float(philox.normalSingle($0)) }, shape: shape)
    case .labels(let count):
      return Tensor(
        places.map { Int64(philox.uniformDouble($0) * Double(count)) }, shape: shape)
    }
  }
}

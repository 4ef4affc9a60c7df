import GraphIR
import Runtime

extension Dataset {
  /// The same with each sample of `x` as a row of numbers.
  func flattened() throws -> Dataset {
    try Dataset(
      arrays.map { entry in
        guard entry.name == "x" else { return entry }
        let features = entry.tensor.count / max(1, count)
        return Entry(
          name: "x", tensor: entry.tensor.reshaped([count, features]), file: entry.file)
      })
  }

  /// So many samples, the first ones.
  func first(_ count: Int) -> Dataset { rows(0..<min(count, self.count)) }
}

/// A shift and a scale that give numbers mean 0 and standard deviation 1, so that classifiers on
/// features of any size learn at one rate.
struct Standardization {
  private let mean: Double
  private let deviation: Double

  init(of tensor: Tensor) {
    let spread = Spread(tensor.doubles)
    (mean, deviation) = (spread.mean, max(spread.deviation, 1e-12))
  }

  func apply(_ tensor: Tensor) -> Tensor {
    Tensor(tensor.doubles.map { Float(($0 - mean) / deviation) }, shape: tensor.shape)
  }
}

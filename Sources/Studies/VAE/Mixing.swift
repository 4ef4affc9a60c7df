import GraphIR
import Runtime

extension Dataset {
  /// With standard normal numbers for each sample, other ones for each `draw`.
  func withNoise(_ size: Int, _ seed: Int, draw: Int) throws -> Dataset {
    let noise = Tensor.normals([count, size], seed: seed, stream: 100 + draw)
    return try Dataset(arrays + [Entry(name: "noise", tensor: noise, file: "noise")])
  }
}

extension Tensor {
  /// For each pair of rows, the point at `share` of the way from the first to the second.
  func mixed(_ pairs: [(Int, Int)], _ share: Double) -> Tensor {
    let size = count / max(1, shape[0])
    let values = doubles
    var mixed: [Float] = []
    for (a, b) in pairs {
      for i in 0..<size {
        let (from, to) = (values[a * size + i], values[b * size + i])
        mixed.append(Float(from + share * (to - from)))
      }
    }
    return Tensor(mixed, shape: [pairs.count, size])
  }
}

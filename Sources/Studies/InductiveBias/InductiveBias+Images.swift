import GraphIR
import Runtime

extension InductiveBias {
  /// Four copies of the training images, each image moved by 0 to 8 pixels in one direction.
  func anywhere() throws -> Dataset {
    let copies = 4
    let (x, y) = (try images.train.array("x"), try images.train.array("y"))
    let data = try Dataset(
      arrays: [("x", x.tensor.repeated(copies)), ("y", y.tensor.repeated(copies))],
      source: x.file)
    // By shuffled numbers: each distance in each direction about as often as any other.
    var sampler = Sampler(count: data.count, batchSize: data.count, state: .init(seed: 2))
    let order = sampler.next().indices
    return try shifted(data) { sample in
      InductiveBias.step(order[sample], order[sample] / 4 % (InductiveBias.margin + 1))
    }
  }

  /// Images on the canvas, each moved down and right from the middle by `offset`.
  func shifted(
    _ data: Dataset, _ offset: (Int) -> (down: Int, right: Int)
  ) throws -> Dataset {
    let margin = InductiveBias.margin
    let canvas = images.side + 2 * margin
    var tables: [[Int]: [Int?]] = [:]
    return try data.rearranged(side: canvas) { sample in
      let (down, right) = offset(sample)
      if let table = tables[[down, right]] { return table }
      let table = images.onCanvas(side: canvas, top: margin + down, left: margin + right)
      tables[[down, right]] = table
      return table
    }
  }

  /// `distance` in one of four directions, in turn.
  static func step(_ sample: Int, _ distance: Int) -> (down: Int, right: Int) {
    switch sample % 4 {
    case 0: (-distance, 0)
    case 1: (distance, 0)
    case 2: (0, -distance)
    default: (0, distance)
    }
  }

  /// The first test images as each distance shows them.
  func examples(_ distances: [Int], count: Int) throws -> [Tensor] {
    try distances.map { distance in
      let few = images.test.first(count)
      return try shifted(few) { InductiveBias.step($0, distance) }.array("x").tensor
    }
  }
}

extension Tensor {
  /// This many copies, one after the other along the first axis.
  fileprivate func repeated(_ count: Int) -> Tensor {
    var type = type
    type.shape[0] *= count
    return Tensor(type, bytes: Array([[UInt8]](repeating: bytes, count: count).joined()))
  }
}

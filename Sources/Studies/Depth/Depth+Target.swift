import GraphIR

/// A function to be approximated on points of the cube from -1 to 1.
public struct ApproximationTarget: Sendable {
  let name: String
  let inputs: Int
  /// From f32 [rows, inputs] to [rows, 1].
  let function: @Sendable (Value) -> Value

  /// A curve with a few waves.
  static let curve = ApproximationTarget(name: "a smooth curve", inputs: 1) { x in
    (4 * x).sin() + 0.5 * (9 * x).cos()
  }

  /// Two hills and a valley.
  static let surface = ApproximationTarget(name: "a smooth surface", inputs: 2) { x in
    let wave = (3 * x[axis: 1, 0..<1]).sin() * (4 * x[axis: 1, 1..<2]).cos()
    let distance = (x - 0.4).squared().sum(axes: [1], keepDims: true)
    return wave + (-8 * distance).exp()
  }

  /// The tent 1 - 2|x| applied so many times: 2^times straight pieces from -1 to 1 and back.
  static func tent(_ times: Int) -> ApproximationTarget {
    ApproximationTarget(name: "the tent map, \(times)-fold", inputs: 1) { x in
      (0..<times).reduce(x) { y, _ in 1 - 2 * y.abs() }
    }
  }

  /// The product of all inputs, scaled to variance 1.
  static func product(_ inputs: Int) -> ApproximationTarget {
    ApproximationTarget(name: "the product of \(inputs) inputs", inputs: inputs) { x in
      (x * 3.0.squareRoot()).prod(axes: [1], keepDims: true)
    }
  }

  /// A binary tree over 2^levels inputs, each node 1.5 |a - b| - 1 of its two branches.
  static func tree(_ levels: Int) -> ApproximationTarget {
    let inputs = 1 << levels
    return ApproximationTarget(name: "a tree over \(inputs) inputs", inputs: inputs) { x in
      (0..<levels).reduce(x) { y, _ in
        let half = y.shape[1] / 2
        let difference = y[axis: 1, 0..<half] - y[axis: 1, half..<2 * half]
        return 1.5 * difference.abs() - 1
      }
    }
  }
}

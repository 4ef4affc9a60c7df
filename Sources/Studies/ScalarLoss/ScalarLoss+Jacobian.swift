import Codegen
import Foundation
import GraphIR
import Runtime

extension ScalarLoss {
  /// How far derivatives by reverse mode are from finite differences, relative to the largest.
  struct Agreement {
    /// The whole Jacobian, row by row.
    let jacobian: Double
    /// A vector-Jacobian product with a random seed, from the same rows weighted and summed.
    let seed: Double
    /// The gradient of the cross-entropy, from the rows weighted by softmax minus one-hot.
    let loss: Double
    /// The image and its gradient for each class.
    let image: Tensor
    let rows: [Double]
    let height: Int
  }

  static func agreements(_ context: StudyContext) throws -> [Agreement] {
    let (train, test) = try context.digits()
    guard test.count > 0 else { throw StudyError("\(test.arrays[0].file): has no images") }
    try train.requireLabels(below: SmoothClassifier.classes)
    try test.requireLabels(below: SmoothClassifier.classes)
    let height = try train.array("x").tensor.shape[2]
    let (images, held) = (try train.flattened(), try test.flattened())
    let model = SmoothClassifier(pixels: try images.array("x").tensor.shape[1])
    return try context.seeds(3).map { seed in
      context.note("Jacobian, seed \(seed)")
      let trainer = try model.trainer(context, images, seed: seed)
      let sample = held.rows(seed % held.count..<seed % held.count + 1)
      return try model.agreement(trainer, sample, height, seed, context.options.threads)
    }
  }
}

extension SmoothClassifier {
  fileprivate func agreement(
    _ trainer: Trainer, _ sample: Dataset, _ height: Int, _ seed: Int, _ threads: Int
  ) throws -> ScalarLoss.Agreement {
    let image = try sample.array("x").tensor
    let label = Int(try sample.array("y").tensor.doubles[0])
    let weights = (0..<Self.classes).map { Foundation.sin(Double(7 * seed + 3 * $0 + 1)) }
    let outputs = try execute(
      reverseMode(), trainer.state, threads,
      [
        "x": Tensor(image.doubles, shape: image.shape),
        "y": Tensor([Int64(label)], shape: [1]),
        "seed": Tensor(weights, shape: [1, Self.classes]),
      ])
    let (logits, columns) = try differences(trainer.state, image, threads)
    // Element i of a column is how logit i changes with that pixel.
    let combined = { (weights: [Double]) in
      columns.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let numbers = { (name: String) in outputs[name]?.doubles ?? [] }
    let softmax = softmax(logits).enumerated().map { $0 == label ? $1 - 1 : $1 }
    let rows = (0..<Self.classes).flatMap { row in columns.map { $0[row] } }
    return ScalarLoss.Agreement(
      jacobian: distance(numbers("jacobian"), rows),
      seed: distance(numbers("product"), combined(weights)),
      loss: distance(numbers("gradient"), combined(softmax)),
      image: image, rows: numbers("jacobian"), height: height)
  }

  /// The Jacobian of the logits by the pixels, a product with a seed, and a loss's gradient.
  private func reverseMode() throws -> Graph {
    let builder = GraphBuilder("reverse mode")
    let x = builder.input("x", .f64, [1, pixels])
    let y = builder.input("y", .i64, [1])
    let seed = builder.input("seed", .f64, [1, Self.classes])
    let logits = logits(x)
    let products = builder.vectorJacobianProduct(of: logits, withRespectTo: [x], vector: seed)
    let loss = logits.crossEntropy(labels: y)
    builder.output("jacobian", builder.jacobian(of: logits, withRespectTo: x))
    builder.output("product", products[0])
    builder.output("gradient", builder.gradients(of: loss, withRespectTo: [x])[0])
    return try builder.build()
  }

  /// The logits of an image, and for each pixel the central differences of all of them, from one
  /// batch with a row for each pixel moved up, a row for each moved down, and the image.
  private func differences(
    _ state: ModelState, _ image: Tensor, _ threads: Int
  ) throws -> (logits: [Double], columns: [[Double]]) {
    let step = 1e-5
    let pixelValues = image.doubles
    var rows: [Double] = []
    for sign in [1.0, -1] {
      for pixel in 0..<pixels {
        rows += pixelValues
        rows[rows.count - pixels + pixel] += sign * step
      }
    }
    rows += pixelValues
    let builder = GraphBuilder("forward")
    builder.output("logits", logits(builder.input("x", .f64, [2 * pixels + 1, pixels])))
    let x = Tensor(rows, shape: [2 * pixels + 1, pixels])
    let values = try execute(builder.build(), state, threads, ["x": x])["logits"]?.doubles ?? []
    let row = { (index: Int) in
      Array(values[index * Self.classes..<(index + 1) * Self.classes])
    }
    let columns = (0..<pixels).map { pixel in
      zip(row(pixel), row(pixels + pixel)).map { ($0 - $1) / (2 * step) }
    }
    return (row(2 * pixels), columns)
  }

  private func execute(
    _ graph: Graph, _ state: ModelState, _ threads: Int, _ inputs: [String: Tensor]
  ) throws -> [String: Tensor] {
    let options = Compilation.Options(threads: threads)
    return try Compilation.executable(graph, state: state, options: options).run(inputs)
  }

  private func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let exponentials = logits.map { Foundation.exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The largest difference as a share of the largest element.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    return difference / b.reduce(1e-300) { max($0, abs($1)) }
  }
}

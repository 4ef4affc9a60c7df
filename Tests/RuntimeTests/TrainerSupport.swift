import Foundation
import GraphIR
import Runtime
import TestSupport

/// Models and data small enough to train in no time.
enum TinyTraining {
  /// 22 rows of 3 features; the target is a linear function of them.
  static func regression(rows: Int = 22, badRow: Int? = nil) throws -> Dataset {
    var random = TestRandom(state: 7)
    var x: [Float] = []
    var y: [Float] = []
    for row in 0..<rows {
      let features = (0..<3).map { _ in Float(random.next(below: 201) - 100) / 100 }
      x += row == badRow ? [.nan, 0, 0] : features
      y.append(2 * features[0] - features[1] + 0.5 * features[2])
    }
    return try Dataset(
      arrays: [("x", Tensor(x, shape: [rows, 3])), ("y", Tensor(y, shape: [rows]))],
      source: "tiny data")
  }

  /// 3-`width`-1 with tanh, and dropout-like noise where `isNoisy`, so that the random key counts.
  static func forward(_ rows: Int, width: Int = 5, isNoisy: Bool = false) throws -> Graph {
    let builder = GraphBuilder("tiny")
    let x = builder.input("x", .f32, [rows, 3])
    let y = builder.input("y", .f32, [rows, 1])
    let w0 = builder.variable("w0", .f32, [3, width], initializer: .uniform(bound: 0.5))
    let w1 = builder.variable("w1", .f32, [width, 1], initializer: .uniform(bound: 0.5))
    var hidden = matmul(x, w0).tanh()
    if isNoisy { hidden = hidden.dropout(0.2, key: builder.randomKey()) }
    let prediction = matmul(hidden, w1)
    builder.output("loss", prediction.meanSquaredError(y))
    builder.output("prediction", prediction)
    return try builder.build()
  }

  static func model(
    width: Int = 5, isNoisy: Bool = false, optimizer: Optimizer = .adam(learningRate: 0.02)
  ) -> TrainingModel {
    TrainingModel(
      name: "tiny", optimizer: optimizer,
      evaluation: { try forward($0, width: width) },
      forward: { try forward($0, width: width, isNoisy: isNoisy) })
  }

  static func settings(
    _ length: TrainingSettings.Length = .epochs(3), batch: Int = 8, threads: Int = 1,
    folder: String? = nil, resumes: Bool = false
  ) -> TrainingSettings {
    var settings = TrainingSettings(
      batch: batch, length: length, seed: 3, options: .init(threads: threads), folder: folder)
    settings.resumes = resumes
    return settings
  }

  static func trainer(
    _ settings: TrainingSettings, model: TrainingModel = model(isNoisy: true)
  ) throws -> Trainer {
    try Trainer(
      model: model, train: regression(), test: regression(rows: 11), settings: settings)
  }
}

/// The bytes of a file.
func bytes(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

import Codegen
import GraphIR
import Models
import Runtime

extension MovingAverages {
  static let batch = 100

  /// Labelled images as rows, a whole number of batches of them to train on.
  static func digitRows(_ context: StudyContext) throws -> (train: Dataset, test: Dataset) {
    let (train, test) = try context.digits()
    guard train.count >= batch else {
      throw StudyError(
        "\(train.arrays[0].file): has \(train.count) images; \(batch) or more are needed")
    }
    guard test.count > 0 else { throw StudyError("\(test.arrays[0].file): has no images") }
    try train.requireLabels(below: 10)
    try test.requireLabels(below: 10)
    return (try train.first(train.count / batch * batch).flattened(), try test.flattened())
  }

  static func classifier(_ rows: Int, _ data: Dataset) throws -> Graph {
    try mlpClassifier(
      rows: rows, inputs: data.array("x").tensor.shape[1], hidden: [64], classes: 10)
  }

  /// Trains on digits, and goes on with other labels: what was learned must be forgotten.
  static func digitRaces(_ context: StudyContext) throws -> [Race] {
    let (train, test) = try digitRows(context)
    let tasks = try [(train, test), (relabelled(train), relabelled(test))]
    let epochs = context.epochs(8, quick: 1)
    var races: [Race] = []
    for method in Method.allCases {
      let whole = method == .momentum ? [0.1, 0.3, 1, 3, 10] : [0.0003, 0.001, 0.003, 0.01, 0.03]
      let rates = context.isQuick ? [whole[2]] : whole
      var runs: [Averaging: [[Run]]] = [:]
      for averaging in Averaging.allCases {
        context.note("digits, \(method.rawValue), \(averaging.rawValue) averages")
        runs[averaging] = try rates.map { rate in
          let recipe = Recipe(method, averaging, rate: rate)
          let curves = try context.seeds(3).map { try run(context, recipe, tasks, epochs, $0) }
          return [epochs, 2 * epochs].map { end in
            Run(
              rate: rate, error: Spread(curves.map { $0[end - 1] }),
              curve: Array(mean(curves)[..<end]))
          }
        }
      }
      for (index, setting) in ["digits", "digits whose labels change"].enumerated() {
        let places = (1...(index + 1) * epochs).map(Double.init)
        races.append(
          Race(setting, method, places: places) { (runs[$0] ?? []).map { $0[index] } })
      }
    }
    return races
  }

  /// Share of wrong test images after each epoch, first of one task, then of the other.
  private static func run(
    _ context: StudyContext, _ recipe: Recipe, _ tasks: [(Dataset, Dataset)], _ epochs: Int,
    _ seed: Int
  ) throws -> [Double] {
    var model = TrainingModel(
      name: "classifier", evaluation: { try classifier($0, tasks[0].0) },
      step: { try recipe.step(classifier($0, tasks[0].0)) })
    var errors: [Double] = []
    for (train, test) in tasks {
      let settings = TrainingSettings(
        batch: batch, length: .epochs(epochs), seed: seed,
        options: Compilation.Options(threads: context.options.threads))
      let trainer = try Trainer(model: model, train: train, test: test, settings: settings)
      do {
        let result = try trainer.run(isInterrupted: context.options.isInterrupted)
        errors += result.epochs.map { 1 - ($0.accuracy ?? .nan) }
      } catch is TrainingInterrupted {
        throw StudyInterrupted()
      } catch TrainingError.notFinite {
        // A rate too high for this optimizer: as bad as can be.
        return [Double](repeating: .infinity, count: tasks.count * epochs)
      }
      // The other task goes on with weights and averages as they are.
      for (name, tensor) in trainer.state.tensors { model.initialValues[name] = tensor }
    }
    return errors
  }

  /// The same images, 0 called 9, 1 called 8 and so on.
  private static func relabelled(_ data: Dataset) throws -> Dataset {
    let y = try data.array("y")
    let labels = y.tensor.doubles.map { Int64(9 - $0) }
    return try Dataset([
      data.array("x"),
      .init(name: "y", tensor: Tensor(labels, shape: [labels.count]), file: y.file),
    ])
  }
}

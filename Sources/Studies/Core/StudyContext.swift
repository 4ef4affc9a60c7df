import Codegen
import GraphIR
import Runtime

/// What a study's body works with: options, data, training, and the report it fills.
public final class StudyContext {
  public let options: StudyOptions
  public var report: StudyReport

  init(_ options: StudyOptions, _ report: StudyReport) {
    self.options = options
    self.report = report
  }

  public var isQuick: Bool { options.isQuick }

  /// One value for whole runs, another for quick ones.
  public func pick<T>(_ whole: T, quick: T) -> T { isQuick ? quick : whole }

  /// The seeds to repeat with, 0 and up.
  public func seeds(_ whole: Int, quick: Int = 1) -> Range<Int> {
    0..<max(1, options.seeds ?? pick(whole, quick: quick))
  }

  /// Times through the data.
  public func epochs(_ whole: Int, quick: Int) -> Int {
    options.epochs ?? pick(whole, quick: quick)
  }

  public func note(_ text: String) { options.progress(text) }

  /// Throws where the user asked to stop; to be called between pieces of work.
  public func checkInterruption() throws {
    if options.isInterrupted() { throw StudyInterrupted() }
  }

  /// Labelled images: those of `--data`, or 4,000 training and 1,000 test digits.
  ///
  /// `x` is f32 [n, 1, 28, 28] in 0...1, `y` i64 [n].
  public func digits() throws -> (train: Dataset, test: Dataset) {
    let (train, test) =
      try options.data.map { try Dataset.load($0) } ?? EmbeddedMNIST.load() as (Dataset, Dataset?)
    guard let test else {
      throw StudyError("\(options.data ?? "data"): needs test images beside the training images")
    }
    return (try train.images(), try test.images())
  }

  /// Trains a model without writing files; the trainer has its weights.
  ///
  /// `forward` and `evaluation` make the graph for so many rows, with an output `loss`.
  public func train(
    _ name: String, on data: Dataset, batch: Int = 64, length: TrainingSettings.Length,
    optimizer: Optimizer = .adam(learningRate: 1e-3), schedule: Schedule = .constant,
    seed: Int, evaluation: ((Int) throws -> Graph)? = nil,
    forward: @escaping (Int) throws -> Graph, observe: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> Trainer {
    let model = TrainingModel(
      name: name, optimizer: optimizer, schedule: schedule, evaluation: evaluation,
      forward: forward)
    let trainer = try Trainer(
      model: model, train: data,
      settings: TrainingSettings(
        batch: min(batch, data.count), length: length, seed: seed,
        options: Compilation.Options(threads: options.threads)))
    do {
      _ = try trainer.run(observe: observe, isInterrupted: options.isInterrupted)
    } catch is TrainingInterrupted {
      throw StudyInterrupted()
    }
    return trainer
  }
}

extension Dataset {
  /// The same images as f32 [n, 1, height, width] in 0...1 with their labels.
  func images() throws -> Dataset {
    let (images, labels) = (try array("x"), try array("y"))
    let dims = images.tensor.shape.dims
    guard dims.count == 3 || dims.count == 4 else {
      throw StudyError("\(images.file): needs images [n, height, width], not \(images.tensor.type)")
    }
    let shape = Shape(dims.count == 3 ? [dims[0], 1, dims[1], dims[2]] : dims)
    let scale: Float = images.tensor.dtype == .u8 ? 1 / 255 : 1
    let values = images.tensor.doubles.map { Float($0) * scale }
    return try Dataset([
      Entry(name: "x", tensor: Tensor(values, shape: shape), file: images.file), labels,
    ])
  }
}

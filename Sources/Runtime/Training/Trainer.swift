import Codegen
import GraphIR

/// Trains a model on a data set: compiled steps, validation, metrics, checkpoints.
///
/// The last, smaller batch of an epoch has a step compiled for its exact size. The same settings
/// and data give the same bits at every number of threads, stopped and resumed or not.
public final class Trainer {
  public let model: TrainingModel
  public let settings: TrainingSettings
  /// All variables; to be read before and after, not during `run`.
  public let state: ModelState
  let train: Dataset
  let test: Dataset?
  let identity: TrainingIdentity
  let feed: BatchFeed
  let testFeed: BatchFeed?
  let files: TrainingFiles?
  let startedAt = ContinuousClock.now
  var sampler: Sampler
  var progress: TrainingProgress
  /// The last state known to be good, which a diagnosis replays from.
  var good: (snapshot: [UInt8], progress: TrainingProgress)
  private var stepRunners: [Int: BatchRunner] = [:]
  var evaluators: [EvaluatorKey: BatchRunner] = [:]
  var trainSeconds = 0.0
  var firstStepSeconds: Double?
  private(set) var notes: [String] = []

  /// Builds the graphs, gives the variables their first or their saved values, and opens the files.
  ///
  /// Whatever is wrong with the model, the settings, the data or the folder is thrown here, before
  /// anything is written. Errors: `TrainingError`, `DataError`, `BuildError`, `OptimizerError`,
  /// `ExecutionError`.
  public init(
    model: TrainingModel, train: Dataset, test: Dataset? = nil, settings: TrainingSettings
  ) throws {
    try Trainer.check(settings, model: model, train: train)
    self.model = model
    self.settings = settings
    self.train = train
    self.test = test
    let rows = min(settings.batch, train.count)
    let step = try model.step(rows)
    let forward = try model.evaluation(rows)
    feed = try BatchFeed(train, for: step)
    var graphs = [step, forward]
    for rest in [train.count % rows, test.map { $0.count % rows } ?? 0] where rest > 0 {
      // Only to have mistakes come early; compiled when they are needed.
      if model.fixedRows == nil { graphs.append(try model.step(rest)) }
    }
    testFeed = try test.map {
      try BatchFeed($0, for: forward.computing(Trainer.evaluatedOutputs))
    }
    identity = TrainingIdentity(
      model: model.name, batch: settings.batch, samples: train.count, seed: settings.seed,
      shuffles: settings.shuffles, forward: forward.fingerprint, step: step.fingerprint)
    let start = Sampler.State(seed: UInt64(bitPattern: Int64(settings.seed)))
    state = try ModelState(StateLayout(graphs))
    progress = TrainingProgress(sampler: start)
    var saved: Checkpoint?
    if settings.resumes, let folder = settings.folder {
      saved = try TrainingFiles.lastCheckpoint(in: folder)
      if saved == nil { notes.append("there is no checkpoint in \(folder); starting anew") }
    }
    if let saved, let folder = settings.folder {
      let file = TrainingFiles.last(in: folder)
      try saved.requireSame(identity, file: file)
      try saved.load(into: state, file: file)
      progress = saved.progress
      notes.append("resuming \(file) after step \(progress.step)")
    } else {
      try state.initialize(step, seed: settings.seed, options: settings.options)
      for (name, tensor) in model.initialValues where state.layout[name] != nil {
        try state.set(name, to: tensor)
      }
      if state.layout["random.seed"] != nil {
        try state.set("random.seed", to: Tensor([Int64(settings.seed)], shape: .scalar))
      }
    }
    sampler = Sampler(
      count: train.count, batchSize: rows, shuffles: settings.shuffles, state: progress.sampler)
    good = (state.snapshot(), progress)
    let scalars = step.outputs.filter { $0.name != "loss" && step[$0.value].type.shape == .scalar }
    let columns = ["epoch", "loss"] + scalars.map(\.name)
    let resumed = saved.map(\.progress.step)
    files = try settings.folder.map {
      try TrainingFiles($0, columns: columns, resumingAfter: resumed)
    }
  }

  /// Steps of the whole training, those before a resumed checkpoint included.
  public var totalSteps: Int {
    settings.steps(samples: train.count)
  }

  private static func check(
    _ settings: TrainingSettings, model: TrainingModel, train: Dataset
  ) throws {
    guard settings.batch > 0 else {
      throw TrainingError.settings("the batch must have 1 row or more, not \(settings.batch)")
    }
    switch settings.length {
    case .epochs(let count) where !(1...(1 << 32)).contains(count):
      throw TrainingError.settings("there must be 1 epoch or more, not \(count)")
    case .steps(let count) where count < 1:
      throw TrainingError.settings("there must be 1 step or more, not \(count)")
    default: break
    }
    if let every = settings.checkpointEvery, every < 1 {
      throw TrainingError.settings("checkpoints can come every 1 step or more, not \(every)")
    }
    guard train.count > 0 else {
      throw TrainingError.settings("\(train.arrays[0].file): has no rows to train on")
    }
    if let rows = model.fixedRows {
      guard settings.batch == rows, train.count % rows == 0 else {
        throw TrainingError.settings(
          "graph '\(model.name)' holds its updates and takes exactly \(rows) rows, which does not "
            + "divide \(train.count) rows in batches of \(settings.batch); train the forward "
            + "graph, or on a multiple of \(rows) rows")
      }
    }
  }

  /// The compiled step for so many rows.
  func stepRunner(_ rows: Int) throws -> BatchRunner {
    if let runner = stepRunners[rows] { return runner }
    let runner = try BatchRunner(model.step(rows), state: state, options: settings.options)
    stepRunners[rows] = runner
    return runner
  }
}

import Foundation
import GraphIR

/// The folder of a training: metrics.csv, last.safetensors and best.safetensors.
final class TrainingFiles {
  let folder: String
  let metrics: MetricsCSV
  private(set) var hasCheckpoint: Bool

  /// Creates the folder and the table, or cuts the table back to a checkpoint's step.
  ///
  /// Errors: `DataError`, for a folder that cannot be written.
  init(_ folder: String, columns: [String], resumingAfter step: Int?) throws {
    self.folder = folder
    metrics = try MetricsCSV(
      "\(folder)/metrics.csv", columns: columns, resumingAfter: step)
    hasCheckpoint = step != nil
  }

  static func last(in folder: String) -> String { "\(folder)/last.safetensors" }
  var last: String { TrainingFiles.last(in: folder) }
  var best: String { "\(folder)/best.safetensors" }

  /// Nil where there is none.
  static func lastCheckpoint(in folder: String) throws -> Checkpoint? {
    let path = last(in: folder)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try Checkpoint.read(path)
  }

  /// Removes what a killed training left half written, and, for a new training, the checkpoints of
  /// the one before: resuming would mix the two.
  func begin(isResumed: Bool) throws {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    for name in names ?? [] where name.hasPrefix(".dlc-") && name.hasSuffix(".tmp") {
      unlink("\(folder)/\(name)")
    }
    guard !isResumed else { return }
    for path in [last, best] where unlink(path) != 0 && errno != ENOENT {
      throw DataError.cannotWrite(file: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Writes last.safetensors, rows of metrics first, so that the table never lacks a row that the
  /// checkpoint has passed.
  func save(_ checkpoint: Checkpoint, isBest: Bool) throws {
    try metrics.flush()
    try checkpoint.write(to: last)
    hasCheckpoint = true
    if isBest { try linkBest(checkpoint) }
  }

  /// Files are replaced, never changed, so the best can be a second name of the last: half the
  /// bytes to write. File systems without links get a copy.
  private func linkBest(_ checkpoint: Checkpoint) throws {
    let temporary = "\(folder)/.dlc-best.tmp"
    unlink(temporary)
    if link(last, temporary) == 0, rename(temporary, best) == 0 { return }
    unlink(temporary)
    try checkpoint.write(to: best)
  }
}

extension Checkpoint {
  /// Throws `TrainingError.checkpoint` where the training asked for is another one.
  func requireSame(_ wanted: TrainingIdentity, file: String) throws {
    func differs(_ what: String) -> TrainingError {
      .checkpoint(file: file, problem: what)
    }
    if identity.model != wanted.model {
      throw differs("is a checkpoint of model '\(identity.model)', not of '\(wanted.model)'")
    }
    let settings: [(name: String, saved: String, wanted: String)] = [
      ("batch", "\(identity.batch)", "\(wanted.batch)"),
      ("seed", "\(identity.seed)", "\(wanted.seed)"),
      ("number of samples", "\(identity.samples)", "\(wanted.samples)"),
      ("shuffling", "\(identity.shuffles)", "\(wanted.shuffles)"),
    ]
    for setting in settings where setting.saved != setting.wanted {
      throw differs(
        "was trained with \(setting.name) \(setting.saved), not \(setting.wanted); resume with "
          + "the same settings or train anew")
    }
    if identity.forward != wanted.forward {
      throw differs("is a checkpoint of another model '\(identity.model)', of other sizes or ops")
    }
    if identity.step != wanted.step {
      throw differs(
        "was trained with another optimizer, learning rate, schedule or clipping; resume with the "
          + "same settings or train anew")
    }
  }

  /// Sets every variable; a file that lacks one, or has one of another type, is damaged.
  func load(into state: ModelState, file: String) throws {
    let saved = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
    for entry in state.layout.entries {
      guard let tensor = saved[entry.name], tensor.type == entry.type else {
        throw TrainingError.checkpoint(
          file: file, problem: "is damaged: it has no variable '\(entry.name)' of \(entry.type)")
      }
      try state.set(entry.name, to: tensor)
    }
    guard progress.sampler.position < identity.samples else {
      throw TrainingError.checkpoint(file: file, problem: "is damaged: its position is no sample")
    }
  }
}

import CZlib
import Foundation
import GraphIR

/// Where a training stands, besides the values of its variables.
struct TrainingProgress: Hashable, Sendable {
  /// Steps done.
  var step = 0
  var sampler: Sampler.State
  /// Sum of loss times rows over the epoch so far, and the rows.
  var epochLoss = 0.0
  var epochRows = 0
  /// The lowest loss of an epoch.
  var best: Double?
  var history: [EpochReport] = []
}

/// What must be the same for a training to go on as if it had not stopped.
struct TrainingIdentity: Hashable, Sendable {
  var model: String
  var batch: Int
  var samples: Int
  var seed: Int
  var shuffles: Bool
  /// Fingerprints of the forward graph and of the training step.
  var forward: UInt64
  var step: UInt64
}

/// All variables of a model and where its training stands, as one safetensors file.
struct Checkpoint {
  static let format = "dlc checkpoint 1"

  var identity: TrainingIdentity
  var progress: TrainingProgress
  var tensors: [(name: String, tensor: Tensor)]

  /// Replaces the file; a kill leaves the old one or the new one.
  func write(to path: String) throws {
    var metadata = [
      "format": Checkpoint.format,
      "checksum": Checkpoint.checksum(tensors),
      "model": identity.model,
      "batch": "\(identity.batch)",
      "samples": "\(identity.samples)",
      "seed": "\(identity.seed)",
      "shuffle": "\(identity.shuffles)",
      "forward": hex(identity.forward),
      "training step": hex(identity.step),
      "step": "\(progress.step)",
      "epoch": "\(progress.sampler.epoch)",
      "position": "\(progress.sampler.position)",
      "epoch loss": "\(progress.epochLoss)",
      "epoch rows": "\(progress.epochRows)",
      "history": progress.history.map(\.line).joined(separator: "\n"),
    ]
    metadata["best loss"] = progress.best.map { "\($0)" }
    try Safetensors(tensors: tensors, metadata: metadata).write(to: path)
  }

  /// Reads a file that `write` wrote; what is damaged is told in one line.
  ///
  /// Errors: `DataError`, `TrainingError.checkpoint`.
  static func read(_ path: String) throws -> Checkpoint {
    let file = try Safetensors.read(path)
    guard file.metadata["format"] == format else {
      throw TrainingError.checkpoint(
        file: path, problem: "is no checkpoint of a training (it may hold weights alone)")
    }
    let fields = CheckpointFields(file: path, metadata: file.metadata)
    guard file.metadata["checksum"] == checksum(file.tensors) else {
      throw fields.damage("its checksum does not match")
    }
    let seed = try fields.number("seed", Int.init)
    var progress = TrainingProgress(
      step: try fields.count("step"),
      sampler: Sampler.State(
        seed: UInt64(bitPattern: Int64(seed)), epoch: try fields.count("epoch"),
        position: try fields.count("position")),
      epochLoss: try fields.number("epoch loss", Double.init),
      epochRows: try fields.count("epoch rows"))
    if file.metadata["best loss"] != nil {
      progress.best = try fields.number("best loss", Double.init)
    }
    progress.history = try fields.text("history").split(separator: "\n").map { line in
      guard let report = EpochReport(line: line) else { throw fields.damage("its history") }
      return report
    }
    let identity = TrainingIdentity(
      model: try fields.text("model"), batch: try fields.count("batch"),
      samples: try fields.count("samples"), seed: seed,
      shuffles: try fields.text("shuffle") == "true",
      forward: try fields.number("forward") { UInt64($0, radix: 16) },
      step: try fields.number("training step") { UInt64($0, radix: 16) })
    return Checkpoint(identity: identity, progress: progress, tensors: file.tensors)
  }

  /// CRC-32 of all elements, the tensors ordered by name as a file may order them anyhow.
  private static func checksum(_ tensors: [(name: String, tensor: Tensor)]) -> String {
    var sum = crc32(0, nil, 0)
    for (name, tensor) in tensors.sorted(by: { $0.name < $1.name }) {
      sum = crc32(sum, Array(name.utf8), UInt32(name.utf8.count))
      tensor.bytes.withUnsafeBytes { bytes in
        sum = crc32_z(sum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
      }
    }
    return hex(UInt64(sum))
  }
}

/// The metadata of a checkpoint, read one field after the other.
private struct CheckpointFields {
  let file: String
  let metadata: [String: String]

  func damage(_ what: String) -> TrainingError {
    .checkpoint(file: file, problem: "is damaged: \(what); train without resuming")
  }

  func text(_ name: String) throws -> String {
    guard let text = metadata[name] else { throw damage("it has no '\(name)'") }
    return text
  }

  func number<Number>(_ name: String, _ parse: (String) -> Number?) throws -> Number {
    guard let number = parse(try text(name)) else { throw damage("its '\(name)' is no number") }
    return number
  }

  func count(_ name: String) throws -> Int {
    let count = try number(name) { Int($0) }
    guard (0..<(1 << 48)).contains(count) else { throw damage("its '\(name)' is \(count)") }
    return count
  }
}

extension EpochReport {
  /// The fields separated by spaces, `-` for those that are nil.
  fileprivate var line: String {
    let options = [validationLoss, accuracy].map { $0.map { "\($0)" } ?? "-" }
    return "\(epoch) \(step) \(loss) " + options.joined(separator: " ")
  }

  fileprivate init?(line: Substring) {
    let words = line.split(separator: " ")
    guard words.count == 5, let epoch = Int(words[0]), let step = Int(words[1]),
      let loss = Double(words[2]), words[3] == "-" || Double(words[3]) != nil,
      words[4] == "-" || Double(words[4]) != nil
    else { return nil }
    self.init(
      epoch: epoch, step: step, loss: loss, validationLoss: Double(words[3]),
      accuracy: Double(words[4]))
  }
}

private func hex(_ number: UInt64) -> String { String(number, radix: 16) }

import Foundation
import Runtime

/// The figures of a training, for people and for programs.
struct TrainReport {
  /// In the order they are printed; names as in the JSON.
  private(set) var figures: [(name: String, value: Double)] = []
  /// Paths of the files made.
  var files: [String] = []
  var seconds = 0.0
  private let result: TrainingResult
  private let firstStepSeconds: Double?

  /// `setupSeconds`: from the start of the command to the making of the trainer.
  init(_ result: TrainingResult, setupSeconds: Double) {
    self.result = result
    firstStepSeconds = result.firstStepSeconds.map { $0 + setupSeconds }
  }

  mutating func add(_ name: String, _ value: Double?) {
    if let value { figures.append((name, value)) }
  }

  var text: String {
    var text = ""
    for (name, value) in figures {
      let title = name.replacingOccurrences(of: "_", with: " ")
      text += title.padding(toLength: 14, withPad: " ", startingAt: 0) + "\(value.short)\n"
    }
    text += "\(result.steps) steps, \(result.trainSeconds.asTime) in training, "
    text += "\(seconds.asTime) in all"
    text += firstStepSeconds.map { String(format: ", first step after %.3f s\n", $0) } ?? "\n"
    if !files.isEmpty { text += "wrote \(files.joined(separator: ", "))\n" }
    return text
  }

  /// The last line of `--json`.
  var json: String {
    var fields = figures.map { ($0.name, TrainReport.number($0.value)) }
    fields += [
      ("epochs", "\(result.epochs.last?.epoch ?? 0)"), ("steps", "\(result.steps)"),
      ("seconds", TrainReport.number(seconds)),
      ("train_seconds", TrainReport.number(result.trainSeconds)),
      ("first_step_s", TrainReport.number(firstStepSeconds)),
    ]
    return "{\"result\": \(TrainReport.object(fields))}\n"
  }

  /// One epoch's line of `--json`; `seconds` since the start of the command.
  static func line(_ report: EpochReport, seconds: Double) -> String {
    var fields = [
      ("epoch", "\(report.epoch)"), ("step", "\(report.step)"), ("loss", number(report.loss)),
      ("val_loss", number(report.validationLoss)),
    ]
    if let accuracy = report.accuracy { fields.append(("val_accuracy", number(accuracy))) }
    fields.append(("seconds", number(seconds)))
    return object(fields) + "\n"
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }

  /// JSON has no NaN: null.
  private static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    return "\(value)"
  }
}

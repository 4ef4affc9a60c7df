import Foundation
import Runtime

/// The state of a training on standard error: one line drawn again and again on a terminal, else a
/// plain line an epoch.
final class Progress {
  private let isTerminal: Bool
  private var plan = TrainingPlan(firstStep: 0, steps: 0, stepsPerEpoch: 1)
  private var start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var rows = 0
  private var isLineOpen = false

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let plan):
      self.plan = plan
      start = .now
    case .step(let report):
      rows += report.rows
      if isTerminal { draw(report) }
    case .epoch(let report): write(report)
    case .note(let text): StandardError.write("\(text)\n")
    }
  }

  /// Leaves the line that is drawn, so that what follows has a line of its own.
  func end() {
    guard isLineOpen else { return }
    StandardError.write("\n")
    isLineOpen = false
  }

  private var epochs: Int {
    (plan.steps + plan.stepsPerEpoch - 1) / max(1, plan.stepsPerEpoch)
  }

  /// At most 20 times a second: a terminal costs more than a small step.
  private func draw(_ report: StepReport) {
    if let lastDrawn, lastDrawn.secondsToNow < 0.05, report.step < plan.steps { return }
    lastDrawn = .now
    let seconds = max(start.secondsToNow, 1e-9)
    let done = report.step - plan.firstStep
    let left = seconds / Double(max(1, done)) * Double(plan.steps - report.step)
    let text =
      "epoch \(report.epoch)/\(epochs)  step \(report.step)/\(plan.steps)  "
      + "loss \(report.loss.short)  \(Int(Double(rows) / seconds)) samples/s  "
      + "\(left.asTime) left"
    StandardError.write("\r\u{1B}[K\(text)")
    isLineOpen = true
  }

  private func write(_ report: EpochReport) {
    var text = "epoch \(report.epoch)/\(epochs)  step \(report.step)  loss \(report.loss.short)"
    if let loss = report.validationLoss { text += "  validation \(loss.short)" }
    if let accuracy = report.accuracy { text += "  accuracy \(accuracy.short)" }
    text += "  \(start.secondsToNow.asTime)"
    StandardError.write((isTerminal ? "\r\u{1B}[K" : "") + text + (isTerminal ? "" : "\n"))
    isLineOpen = isTerminal
  }
}

extension Double {
  /// Four digits that count.
  var short: String { String(format: "%.4g", self) }

  /// `0.8 s`, `42 s`, `3 min 20 s`, `2 h 5 min`.
  var asTime: String {
    guard isFinite, self < 1e9 else { return "?" }
    if self < 10 { return String(format: "%.1f s", self) }
    let seconds = Int(self)
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
  }
}

import Foundation
import ONNX
import Synchronization

/// Indices handed out one by one, from any thread.
final class WorkList: Sendable {
  private let count: Int
  private let taken = Atomic(0)

  init(count: Int) { self.count = count }

  func next() -> Int? {
    let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }
}

/// Verdicts from several threads, printed in the order of the cases as soon as that is possible.
final class ConformanceReport: Sendable {
  private struct State {
    var verdicts: [ConformanceVerdict?]
    var printed = 0
    var failure: (any Error)?
  }

  private let cases: [ConformanceCase]
  private let state: Mutex<State>

  init(_ cases: [ConformanceCase]) {
    self.cases = cases
    state = Mutex(State(verdicts: Array(repeating: nil, count: cases.count)))
  }

  func add(_ verdict: ConformanceVerdict, at index: Int) {
    state.withLock { state in
      state.verdicts[index] = verdict
      while state.printed < cases.count, let verdict = state.verdicts[state.printed] {
        do {
          try StandardOutput.write(verdict.line(cases[state.printed].label) + "\n")
        } catch {
          state.failure = state.failure ?? error
        }
        state.printed += 1
      }
    }
  }

  /// A table of the operators that cases test alone: how many of these passed, and what the others
  /// would need. To be asked for when all verdicts are in.
  func table() -> String {
    var totals: [String: ConformanceTotal] = [:]
    var reasons: [String: [String]] = [:]
    for (testCase, verdict) in zip(cases, state.withLock { $0.verdicts }) {
      guard let verdict, let name = testCase.operatorName() else { continue }
      totals[name, default: ConformanceTotal()].add(verdict)
      let reason: String
      switch verdict {
      case .pass: continue
      case .fail(let text): reason = "\(testCase.name): \(text)"
      case .unsupported(let text): reason = text
      }
      let known = reasons[name] ?? []
      if known.count < 2, !known.contains(reason) { reasons[name] = known + [reason] }
    }
    let rows = totals.sorted { $0.key < $1.key }.map { name, total in
      let notes = (reasons[name] ?? []).joined(separator: "; ")
        .replacingOccurrences(of: "|", with: "\\|")
      return "| `\(name)` | \(total.passed) of \(total.count) | \(notes) |\n"
    }
    return "| operator | cases passed | not passed, for example |\n|---|---|---|\n" + rows.joined()
  }

  /// Prints the totals; how many cases failed. Throws where standard output could not be written.
  func finish() throws -> Int {
    let (verdicts, failure) = state.withLock { ($0.verdicts, $0.failure) }
    if let failure { throw failure }
    var totals: [String: ConformanceTotal] = [:]
    for (testCase, verdict) in zip(cases, verdicts) {
      guard let verdict else { continue }
      totals[testCase.kind, default: ConformanceTotal()].add(verdict)
    }
    let lines = totals.sorted { $0.key < $1.key }.map { $0.value.line($0.key) + "\n" }
    try StandardOutput.write(lines.joined())
    return totals.values.reduce(0) { $0 + $1.failed }
  }
}

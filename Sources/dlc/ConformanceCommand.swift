import ArgumentParser
import Foundation
import ONNX
import Runtime

/// `dlc conformance`: ONNX's own tests, or others of their form.
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Run folders of ONNX cases; print a line a case and a total a kind.",
    discussion: """
      A case is a folder KIND/NAME with model.onnx, test_data_set_0/input_0.pb ... output_0.pb ... \
      and perhaps tolerance.json ({"rtol": 1e-3, "atol": 1e-7}). DIR is a case, a kind, or a folder \
      of kinds. Ends with status 1 if a case failed.
      """)

  @Argument(help: "Folders of cases.") var folders: [String] = []
  @Option(help: "Processes that run cases side by side; one a core where not given.")
  var workers: Int?
  @Option(help: "Seconds after which a case has failed.") var limit = 60
  @Option(help: "Write a Markdown table of the operators tested to this file.")
  var table: String?
  // A process of its own for the cases, so that a crash would end only one of them.
  @Flag(help: .hidden) var worker = false

  func validate() throws {
    guard worker || !folders.isEmpty else { throw ValidationError("give a folder of cases") }
    if let workers, !(1...64).contains(workers) {
      throw ValidationError("--workers must be in 1...64, not \(workers)")
    }
    guard limit >= 1 else { throw ValidationError("--limit is a second or more, not \(limit)") }
  }

  func run() throws {
    if worker { return try work() }
    // Writing to a process that has crashed is an error to be told, not the end of this one.
    signal(SIGPIPE, SIG_IGN)
    let cases = try folders.flatMap { try ConformanceCase.find(in: $0) }
    let count = min(cases.count, workers ?? ProcessInfo.processInfo.activeProcessorCount)
    let report = ConformanceReport(cases)
    let (seconds, queue) = (limit, WorkList(count: cases.count))
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      let process = ConformanceProcess(seconds: seconds)
      while let index = queue.next() {
        report.add(process.judge(cases[index]), at: index)
      }
    }
    let failed = try report.finish()
    if let table { try AtomicFile.write(Array(report.table().utf8), to: table) }
    guard failed == 0 else {
      throw CommandError("\(failed) of \(cases.count) cases failed")
    }
  }

  /// A folder a line in, a verdict a line out.
  private func work() throws {
    while let folder = readLine() {
      let testCase = ConformanceCase(folder: folder)
      try StandardOutput.write(ConformanceJudge.judge(testCase).line(testCase.label) + "\n")
    }
  }
}

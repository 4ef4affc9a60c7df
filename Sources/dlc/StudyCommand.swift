import ArgumentParser
import Foundation
import Studies

/// `dlc study`: the experiments of the course, with pictures and verdicts.
struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Test a claim about deep learning by experiment.",
    discussion: """
      NAME is one of the studies below, or all. Prints claim, measurement and verdict; the folder \
      of --out gets a folder NAME with index.html, which has all pictures inside, the pictures, \
      the tables as CSV, and results.json.

      """
        + Study.all.map {
          "  " + $0.name.padding(toLength: 18, withPad: " ", startingAt: 0) + $0.title
        }
        .joined(separator: "\n"))

  @Argument(help: "A study, or all.") var name: String
  @Flag(help: "Less of everything: under a minute a study, for a first look.") var quick = false
  @Option(help: "The folder for results.") var out = "out/studies"
  @Option(help: "A folder or file of data instead of what is built in.") var data: String?
  @Option(help: "Repetitions with other random numbers.") var seeds: Int?
  @Option(help: "Times to go through the data.") var epochs: Int?
  @Option(help: "Threads; all cores where not given.") var threads: Int?

  func validate() throws {
    if let seeds, !(1...1000).contains(seeds) {
      throw ValidationError("--seeds must be in 1...1000, not \(seeds)")
    }
    if let epochs, !(1...1_000_000).contains(epochs) {
      throw ValidationError("--epochs must be in 1...1000000, not \(epochs)")
    }
    if let threads, !(1...Threads.most).contains(threads) {
      throw ValidationError("--threads must be in 1...\(Threads.most), not \(threads)")
    }
  }

  func run() throws {
    let studies = name == "all" ? Study.all : [try Study.named(name)]
    if name == "all", data != nil {
      throw CommandError("--data is for one study: each takes data of another kind")
    }
    let interrupt = Interrupt.install()
    var options = StudyOptions(threads: threads ?? Threads.cores)
    options.isQuick = quick
    (options.seeds, options.epochs, options.data) = (seeds, epochs, data)
    options.progress = { StandardError.write("\($0)\n") }
    options.isInterrupted = { interrupt.isRaised }
    for study in studies {
      let report: StudyReport
      do {
        report = try study.run(options)
      } catch is StudyInterrupted {
        throw Interrupted(description: "interrupted")
      }
      let folder = "\(out)/\(study.name)"
      try report.write(to: folder)
      let seconds = String(format: "%.1f", report.seconds)
      try StandardOutput.write(
        "\(study.name): \(study.title)\n\n\(report.text)\n\(seconds) s, wrote \(folder)/index.html\n"
      )
    }
  }
}

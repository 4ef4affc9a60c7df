import ArgumentParser
import Codegen
import Foundation
import GraphIR
import Runtime

/// `dlc bench`: the time of a training step, or the limits of the machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the training step of a workload, or measure the machine's limits.",
    discussion: """
      Shapes, distributions of weights and batch, optimizer and measurement are those of
      bench/peers.py, which runs other frameworks. `dlc bench peak` measures what the machine can
      do at most.
      """)

  @Argument(
    help: "\(BenchWorkload.all.map(\.name).joined(separator: ", ")), or peak.")
  var workload: String
  @Option(help: "Rows of a batch.") var batch: Int?
  @OptionGroup(title: "Shape options") var shape: ShapeOptions
  @Option(help: "Threads; all cores where not given.") var threads: Int?
  @Option(help: "Steps to time; fewer where they take more than 20 s.") var steps = 200
  @Flag(help: "Print one line of JSON.") var json = false
  @Flag(help: "Print what the first step consists of.") var stages = false
  @Option(help: "Print the first N losses, and no times.") var losses: Int?
  @Option(help: "Weights and batch.NAME arrays, made by bench/peers.py data (safetensors).")
  var data: String?

  func validate() throws {
    for (name, value) in [("threads", threads), ("steps", steps), ("losses", losses)] {
      guard let value else { continue }
      guard value >= 1 else {
        throw ValidationError("--\(name) must be 1 or more, not \(value)")
      }
    }
    if let threads, threads > Threads.most {
      throw ValidationError("--threads must be \(Threads.most) or less, not \(threads)")
    }
  }

  func run() throws {
    let count = threads ?? Threads.cores
    if workload == "peak" {
      let peaks = (1...count).map(BenchPeak.init)
      return try StandardOutput.write(json ? BenchPeak.json(peaks) : BenchPeak.text(peaks))
    }
    let workload = try BenchWorkload.named(workload)
    let measurement = BenchMeasurement(
      workload: workload, parameters: try workload.parameters(batch: batch, shape.sizes),
      threads: count,
      data: try data.map { ($0, try Safetensors.read($0)) })
    if let losses {
      try printLosses(measurement, measurement.losses(losses))
    } else {
      let result = try measurement.measure(steps: steps)
      let list = stages && !json ? "\n" + result.stages.text : ""
      try StandardOutput.write(
        json ? line(measurement, result) : table(measurement, result) + list)
    }
  }

  private func head(_ measurement: BenchMeasurement) -> JSONLine {
    var line = JSONLine()
    line.add("framework", "dlc")
    line.add("workload", measurement.workload.name)
    line.add("threads", measurement.threads)
    var parameters = JSONLine()
    for (name, value) in measurement.parameters { parameters.add(name, value) }
    line.add("params", parameters)
    return line
  }

  private func line(_ measurement: BenchMeasurement, _ result: BenchMeasurement.Result) -> String {
    var line = head(measurement)
    line.add("first_step_s", result.firstStep, digits: 4)
    line.add("step_ms", result.step * 1e3, digits: 4)
    line.add("step_ms_min", result.fastestStep * 1e3, digits: 4)
    line.add("steps", result.steps)
    line.add("loss0", Double(result.firstLoss), digits: 5)
    line.add("loss1", Double(result.lastLoss), digits: 5)
    line.add("peak_rss_mb", Self.peakMegabytes)
    line.add("compile_ms", result.compile * 1e3, digits: 3)
    line.add("flops", result.operations, digits: 0)
    line.add("arena_mb", Double(result.arenaBytes) / 1_048_576, digits: 3)
    return line.text + "\n"
  }

  private func table(_ measurement: BenchMeasurement, _ result: BenchMeasurement.Result) -> String {
    let shape = measurement.parameters.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    let speed = result.operations / result.step * 1e-9
    return """
      \(measurement.workload.name), \(shape), \(measurement.threads) threads
      first step    \(FixedPoint.text(result.firstStep * 1e3, 2)) ms, \
      of it compiling \(FixedPoint.text(result.compile * 1e3, 2))
      step          \(FixedPoint.text(result.step * 1e3, 4)) ms, median of \(result.steps), \
      fastest \(FixedPoint.text(result.fastestStep * 1e3, 4))
      products      \(FixedPoint.text(speed, 1)) GFLOP/s
      loss          \(result.firstLoss) to \(result.lastLoss)
      arena         \(FixedPoint.text(Double(result.arenaBytes) / 1_048_576, 2)) MB
      peak memory   \(Self.peakMegabytes) MB

      """
  }

  private func printLosses(_ measurement: BenchMeasurement, _ losses: [Float]) throws {
    guard json else {
      return try StandardOutput.write(losses.map { "\($0)\n" }.joined())
    }
    var line = head(measurement)
    line.add("losses", losses)
    line.add("peak_rss_mb", Self.peakMegabytes)
    try StandardOutput.write(line.text + "\n")
  }

  /// The most memory this process has had in use at once.
  private static var peakMegabytes: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss / 1024
  }
}

/// How many threads a command may ask for.
enum Threads {
  /// More than any machine has; keeps a slip from taking all memory.
  static let most = 4096
  static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
}

import ArgumentParser
import Codegen
import Foundation
import GraphIR
import Runtime

/// `dlc profile`: where the time of a training step goes.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Print where the time of a training step goes, kernel by kernel.",
    discussion: """
      Workloads of `dlc bench` run as there; other models get inputs that are drawn at random.
      Time is the mean over the threads that run a kernel, the median over the steps. MB is what a
      kernel must read and write at least. The peak is the machine's, measured in the same run.
      --trace writes the last steps for chrome://tracing or ui.perfetto.dev, one row a thread.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Training") var optimizer: OptimizerOptions
  @Option(help: "Threads; all cores where not given.") var threads: Int?
  @Option(help: "Steps to time; fewer where they take more than 10 s.") var steps = 200
  @Option(help: "Seconds to look for how much of the time is spent in the C itself.")
  var seconds = 2.0
  @Option(help: "Write a Chrome trace (JSON) of the last steps.") var trace: String?

  func validate() throws {
    guard steps >= 1 else { throw ValidationError("--steps must be 1 or more, not \(steps)") }
    guard seconds >= 0, seconds <= 3600 else {
      throw ValidationError("--seconds must be in 0...3600, not \(seconds)")
    }
    if let threads, !(1...Threads.most).contains(threads) {
      throw ValidationError("--threads must be in 1...\(Threads.most), not \(threads)")
    }
  }

  func run() throws {
    let count = threads ?? Threads.cores
    let subject = try ProfileSubject(model, optimizer)
    let layout = StateLayout([subject.step])
    let state = try ModelState(layout)
    var options = Compilation.Options(threads: count)
    try state.initialize(subject.step, seed: 0, options: options)

    let plain = try Compilation.executable(subject.step, state: state, options: options)
    try subject.fill(plain)
    let (share, time) = sample(plain)
    options.isStamped = true
    let stamped = try Compilation.executable(subject.step, state: state, options: options)
    try subject.fill(stamped)
    let affordable = max(3, Int(10 / max(time, 1e-6)))
    guard let profile = try StepProfile(stamped, steps: min(steps, affordable)) else {
      throw CommandError("\(model.model): its C has no time stamps; this is a mistake in dlc")
    }
    let report = ProfileReport(
      profile: profile, peak: BenchPeak(threads: count), share: share, plainStep: time)
    try StandardOutput.write(report.text)
    if let trace { try AtomicFile.write(Array(profile.chromeTrace().utf8), to: trace) }
  }

  /// Runs C without stamps for the seconds asked for: what of the time is spent in it rather than
  /// in kernels, and the median seconds of a step.
  private func sample(_ executable: Executable) -> (CodeShare?, Double) {
    executable.run()
    var times: [Double] = []
    let begin = ContinuousClock.now
    let share = CodeShare.measure(executable) {
      while times.count < 2 || begin.secondsToNow < seconds {
        let start = ContinuousClock.now
        executable.run()
        times.append(start.secondsToNow)
      }
    }
    times.sort()
    return (share, times.isEmpty ? 0 : times[times.count / 2])
  }
}

/// What is profiled: a training step and its inputs.
struct ProfileSubject {
  let step: Graph
  private let inputs: [String: Tensor]

  init(_ model: ModelOptions, _ optimizer: OptimizerOptions) throws {
    let forward: Graph
    if let workload = BenchWorkload.all.first(where: { $0.name == model.model }) {
      let parameters = try workload.parameters(batch: model.batch, model.shape.sizes)
      forward = try workload.graph(parameters)
      inputs = try workload.batch(parameters)
    } else {
      forward = try optimizer.forward(model)
      inputs = try Self.draw(forward, model.model)
    }
    let trained = try optimizer.trainingStep(forward)
    Notes.write(trained.report)
    step = trained.graph
  }

  /// Puts the inputs into an executable's buffers.
  func fill(_ executable: Executable) throws {
    for input in executable.program.inputs {
      if let tensor = inputs[input.name] { try executable.set(input.name, to: tensor) }
    }
  }

  /// Floats in [0, 1), integers 0 or 1, which are indices and labels of everything.
  private static func draw(_ graph: Graph, _ model: String) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (stream, input) in graph.inputs.map(\.input).enumerated() {
      let (philox, shape) = (Philox(seed: 1, step: -2, stream: UInt32(stream)), input.type.shape)
      let most = Int(clamping: ProcessInfo.processInfo.physicalMemory / 16)
      guard shape.isValid, shape.count <= most else {
        throw CommandError("\(model): input '\(input.key)', \(shape), does not fit in memory")
      }
      let values = (0..<shape.count).map { philox.uniformDouble($0) }
      tensors[input.key] =
        switch input.type.dtype {
        case .f32: Tensor(values.map { Float($0) }, shape: shape)
        case .f64: Tensor(values, shape: shape)
        case .i32: Tensor(values.map { Int32($0.rounded()) }, shape: shape)
        case .i64: Tensor(values.map { Int64($0.rounded()) }, shape: shape)
        case .bool, .u8:
          Tensor(input.type, bytes: values.map { UInt8($0.rounded()) })
        }
    }
    return tensors
  }
}

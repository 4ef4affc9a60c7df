import ArgumentParser
import Codegen
import Foundation
import GraphIR
import Runtime

/// `dlc compile`: what the compiler made of a model, and how long each stage took.
struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Compile a model and print what it became and how long each stage took.")

  enum CompilerName: String, CaseIterable, ExpressibleByArgument {
    case tcc, cc
  }

  @OptionGroup var model: ModelOptions
  @Flag(help: "The whole training step, not the forward graph alone.") var training = false
  @OptionGroup(title: "Training") var optimizer: OptimizerOptions
  @Option(
    name: .shortAndLong,
    help: "Write the C (FILE.c), the relocatable object (FILE.o) or an ONNX model (FILE.onnx).")
  var output: String?
  @Option(help: "Weights for FILE.onnx by name (.safetensors or .npz).") var weights: String?
  @Option(help: "tcc, in this process, or cc, the system's C compiler.")
  var compiler: CompilerName = .tcc
  @Option(help: "Threads that the step is loaded for; all cores where not given.")
  var threads: Int?
  @Flag(help: "C that needs no runtime.") var standalone = false
  @Flag(help: "Print why values go through memory between kernels.") var report = false

  func validate() throws {
    if let threads, !(1...Threads.most).contains(threads) {
      throw ValidationError("--threads must be in 1...\(Threads.most), not \(threads)")
    }
    if let output, ![".c", ".o", ".onnx"].contains(where: output.hasSuffix) {
      throw ValidationError("-o writes FILE.c, FILE.o or FILE.onnx, not '\(output)'")
    }
    let isModel = output?.hasSuffix(".onnx") ?? false
    if weights != nil, !isModel { throw ValidationError("--weights is for -o FILE.onnx") }
    if training, isModel {
      throw ValidationError("-o FILE.onnx holds the forward graph; leave out --training")
    }
  }

  func run() throws {
    if let output, output.hasSuffix(".onnx") {
      return try ONNXOutput.write(model.loaded(), weights: weights, to: output)
    }
    guard !standalone else {
      throw CommandError("--standalone cannot be written yet; -o FILE.c writes C for the runtime")
    }
    var stages = StageTimes()
    let forward = try stages.time("build") { try model.graph() }
    var step = forward
    if training {
      let trained = try stages.time("differentiate, optimizer") {
        try optimizer.trainingStep(forward)
      }
      Notes.write(trained.report)
      step = trained.graph
    }
    let options = Compilation.Options(
      threads: threads ?? Threads.cores,
      compiler: compiler == .tcc ? .tcc : .system(path: "cc"))
    let layout = StateLayout([step])
    var compilation = Compilation(step, state: layout, options: options)
    let state = try ModelState(layout)
    let executable = try compilation.load(state)
    for stage in compilation.stages { stages.add(stage.name, stage.seconds) }
    try write(compilation.program, options.compiler)

    let program = compilation.program
    var text = stages.text + "\n" + summary(program, executable)
    if report { text += "\n" + program.fusionReport.map { $0 + "\n" }.joined() }
    try StandardOutput.write(text)
  }

  private func write(_ program: Program, _ compiler: Compiler) throws {
    guard let output else { return }
    if output.hasSuffix(".c") {
      try AtomicFile.write(Array(program.source.utf8), to: output)
    } else {
      let object = try NativeModule.object(source: program.source, compiler: compiler)
      try AtomicFile.write(object, to: output)
    }
  }

  private func summary(_ program: Program, _ executable: Executable) -> String {
    let lines = program.source.utf8.count { $0 == UInt8(ascii: "\n") }
    let parameters = program.graph.parameters.reduce(0) { $0 + $1.variable.type.shape.count }
    let ratio = Double(program.plannedBytes) / Double(max(1, program.liveBytes))
    let barriers = program.kernels.filter(\.hasBarrierBefore).count
    return """
      nodes       \(program.graph.nodes.count)
      kernels     \(program.kernels.count), \(barriers) barriers
      C           \(program.source.utf8.count) bytes, \(lines) lines
      code        \(executable.codeSize) bytes
      arena       \(program.plannedBytes) bytes, \(FixedPoint.text(ratio, 3)) of what is alive \
      at once (\(program.liveBytes))
      parameters  \(parameters)
      state       \(program.state.byteCount) bytes

      """
  }
}

/// Seconds by stage.
struct StageTimes {
  private var stages: [(name: String, seconds: Double)] = []

  mutating func add(_ name: String, _ seconds: Double) { stages.append((name, seconds)) }

  mutating func time<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    let result = try body()
    add(name, start.secondsToNow)
    return result
  }

  /// A line a stage, and the total.
  var text: String {
    var table = TextTable([("stage", .left), ("ms", .right)])
    for stage in stages { table.add(stage.name, FixedPoint.text(stage.seconds * 1e3, 3)) }
    table.add("total", FixedPoint.text(stages.reduce(0) { $0 + $1.seconds } * 1e3, 3))
    return table.text
  }
}

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
    help: """
      Write C (FILE.c), a relocatable object (FILE.o), a standalone library (FILE.so) or an ONNX \
      model (FILE.onnx).
      """)
  var output: String?
  @Option(help: "Weights by name (.safetensors or .npz) for what is written to run elsewhere.")
  var weights: String?
  @Option(help: "tcc, in this process, or cc, the system's C compiler.")
  var compiler: CompilerName = .tcc
  @Option(help: "Threads that the step is loaded for; all cores where not given.")
  var threads: Int?
  @Flag(help: "C that needs no runtime; to standard output without -o.") var standalone = false
  @Flag(help: "Print why values go through memory between kernels.") var report = false

  func validate() throws {
    if let threads, !(1...Threads.most).contains(threads) {
      throw ValidationError("--threads must be in 1...\(Threads.most), not \(threads)")
    }
    if let output, ![".c", ".o", ".so", ".onnx"].contains(where: output.hasSuffix) {
      throw ValidationError("-o writes FILE.c, FILE.o, FILE.so or FILE.onnx, not '\(output)'")
    }
    let isModel = output?.hasSuffix(".onnx") ?? false
    if weights != nil, !isModel, !isStandalone {
      throw ValidationError("--weights is for --standalone, -o FILE.so and -o FILE.onnx")
    }
    if optimizer.loss != nil, !training { throw ValidationError("--loss is for --training") }
    if training, isModel {
      throw ValidationError("-o FILE.onnx holds the forward graph; leave out --training")
    }
  }

  func run() throws {
    if let output, output.hasSuffix(".onnx") {
      return try ONNXOutput.write(model.loaded(), weights: weights, to: output)
    }
    var stages = StageTimes()
    let forward = try stages.time("build") {
      guard isStandalone else { return try training ? optimizer.forward(model) : model.graph() }
      return try weighted()
    }
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
    if isStandalone { return try writeStandalone(step, options) }
    let layout = StateLayout([step])
    let state = try ModelState(layout)
    var compilation = Compilation(step, state: layout, options: options, isLoaded: true)
    let executable = try compilation.load(state)
    for stage in compilation.stages { stages.add(stage.name, stage.seconds) }
    try write(compilation.program, options.compiler)

    let program = compilation.program
    var text = stages.text + "\n" + summary(program, executable)
    if report { text += "\n" + program.fusionReport.map { $0 + "\n" }.joined() }
    try StandardOutput.write(text)
  }

  /// Whether the C carries its kernels along, which a shared library always does.
  private var isStandalone: Bool { standalone || output.map(kind) == .library }

  /// The forward graph, its variables beginning with the weights of --weights or of an ONNX file.
  private func weighted() throws -> Graph {
    let loaded = try training ? optimizer.loaded(model) : model.loaded()
    guard let weights else { return try loaded.graph.beginning(with: loaded.weights) }
    let given = try TensorFiles.read(weights)
    for (_, variable) in loaded.graph.parameters where given[variable.key] == nil {
      throw CommandError("\(weights): has no weight '\(variable.key)', \(variable.type)")
    }
    do {
      return try loaded.graph.beginning(with: loaded.weights.merging(given) { $1 })
    } catch {
      throw CommandError("\(weights): \(error)")
    }
  }

  private enum OutputKind { case c, object, library }

  private func kind(_ path: String) -> OutputKind {
    path.hasSuffix(".c") ? .c : path.hasSuffix(".o") ? .object : .library
  }

  /// One C file that needs no runtime, or its object.
  private func writeStandalone(_ step: Graph, _ options: Compilation.Options) throws {
    let isText = output.map { kind($0) == .c } ?? true
    let source = try Standalone.source(step, options: options, hasCheck: isText)
    guard let output else { return try StandardOutput.write(source) }
    let bytes =
      switch kind(output) {
      case .c: Array(source.utf8)
      case .object: try NativeModule.object(source: source, compiler: options.compiler)
      case .library: try NativeModule.sharedLibrary(source: source, compiler: options.compiler)
      }
    try AtomicFile.write(bytes, to: output)
  }

  private func write(_ program: Program, _ compiler: Compiler) throws {
    guard let output else { return }
    if kind(output) == .c {
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
    let functions = Set(program.kernels.map(\.function)).count
    return """
      nodes       \(program.graph.nodes.count)
      kernels     \(program.kernels.count) in \(functions) functions, \(barriers) barriers
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

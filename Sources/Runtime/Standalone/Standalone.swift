import CKernels
import Codegen
import GraphIR

/// Graphs as C files that need no runtime.
public enum Standalone {
  /// Runs that the self-check of a file compares.
  public static let checkedRuns = 20

  /// The C file of a graph: a forward graph or a whole training step.
  ///
  /// With `hasCheck` the graph is compiled and run here as well, so that the file's `main`, which is
  /// there under `DLC_MAIN`, can compare itself with the figures recorded. They are those of the
  /// plain kernels, which the file carries: with fused multiply-adds, rounding differs, and training
  /// makes a difference grow.
  /// Errors: `BuildError` of an initializer, `ExecutionError` of the recorded runs.
  public static func source(
    _ graph: Graph, options: Compilation.Options = .init(), hasCheck: Bool = true
  ) throws -> String {
    let file = StandaloneFile(
      step: Pipeline.standard.run(graph),
      initialization: Pipeline.standard.run(try graph.initialization), library: library)
    if let kernel = file.missingKernels.first { throw ExecutionError.missingKernel(kernel) }
    return file.source(check: hasCheck ? try check(graph, file.program, options) : nil)
  }

  /// The templates of the plain kernels, expanded once a process.
  private static let library: KernelLibrary = {
    var templates: [String: String] = [:]
    var index: Int32 = 0
    while let source = dlc_kernel_source(index)?.pointee {
      let bytes = UnsafeBufferPointer(start: source.text, count: source.size)
      templates[String(cString: source.name)] = String(decoding: bytes, as: UTF8.self)
      index += 1
    }
    return KernelLibrary(templates: templates)
  }()

  /// What the graph gives on the inputs of the self-check; nil for a graph without outputs.
  private static func check(
    _ graph: Graph, _ program: Program, _ options: Compilation.Options
  ) throws -> StandaloneCheck? {
    guard let output = StandaloneCheck.output(of: program) else { return nil }
    var options = options
    options.instructionSet = Machine.InstructionSet.available[0]
    let state = try ModelState(StateLayout([graph]))
    try state.initialize(graph, seed: StandaloneCheck.seed, options: options)
    let executable = try Compilation.executable(graph, state: state, options: options)
    var inputs = StandaloneCheck.Inputs()
    var figures: [Double] = []
    for _ in 0..<checkedRuns {
      for input in program.inputs { try executable.set(input.name, to: inputs.next(input.type)) }
      executable.run()
      guard let result = executable.output(program.outputs[output].name) else { return nil }
      figures.append(StandaloneCheck.figure(result))
    }
    return StandaloneCheck(output: output, figures: figures)
  }
}

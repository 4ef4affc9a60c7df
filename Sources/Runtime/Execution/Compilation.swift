import Codegen
import Foundation
import GraphIR

/// Whole training steps, evaluations and initializations made native: passes, C, machine code.
///
/// Graphs that share variables are compiled with one layout of the state.
public struct Compilation {
  /// How long a stage took.
  public struct Stage: Sendable {
    public let name: String
    public let seconds: Double
  }

  public struct Options: Sendable {
    public var threads: Int
    public var instructionSet: Machine.InstructionSet
    public var compiler: Compiler
    /// Whether the C notes the time after each part of the step, for `StepProfile`.
    public var isStamped = false
    /// What the code is planned for; where not given, this CPU with `instructionSet`.
    public var target: Target?

    public init(
      threads: Int = ProcessInfo.processInfo.activeProcessorCount,
      instructionSet: Machine.InstructionSet = .current, compiler: Compiler = .tcc
    ) {
      self.threads = threads
      self.instructionSet = instructionSet
      self.compiler = compiler
    }
  }

  public let program: Program
  public private(set) var stages: [Stage] = []
  private let options: Options
  /// Memory for a run, made while the C is printed.
  private var arena: AlignedBuffer?

  /// Runs the passes over `graph` and generates C for it. `state` must hold its variables. With
  /// `isLoaded` memory for its runs is made meanwhile, to be used by the first `load`.
  public init(
    _ graph: Graph, state: StateLayout, options: Options = Options(), isLoaded: Bool = false
  ) {
    self.options = options
    var stages: [Stage] = []
    let lowered = Pipeline.standard.run(graph) { report in
      stages.append(Stage(name: report.name, seconds: report.seconds))
    }
    let start = ContinuousClock.now
    let plan = ProgramPlan(
      lowered, state: state, target: options.target ?? options.instructionSet.target)
    if isLoaded { arena = Executable.arena(planned: plan.plannedBytes) }
    program = plan.program(isStamped: options.isStamped)
    stages.append(Stage(name: "generate C", seconds: start.secondsToNow))
    self.stages = stages
  }

  /// Compiles the C and binds it to the variables.
  public mutating func load(_ state: ModelState) throws(ExecutionError) -> Executable {
    let start = ContinuousClock.now
    let executable = try Executable(
      program, state: state, threads: options.threads, instructionSet: options.instructionSet,
      compiler: options.compiler, arena: arena.take())
    stages.append(Stage(name: "compile C", seconds: start.secondsToNow))
    return executable
  }

  /// A graph compiled and loaded.
  public static func executable(
    _ graph: Graph, state: ModelState, options: Options = Options()
  ) throws(ExecutionError) -> Executable {
    var compilation = Compilation(graph, state: state.layout, options: options, isLoaded: true)
    return try compilation.load(state)
  }
}

extension ModelState {
  /// Gives every variable of `graph` its first value, in compiled code.
  ///
  /// The same seed gives the same bits on every machine with the same instruction set.
  public func initialize(
    _ graph: Graph, seed: Int, options: Compilation.Options = .init()
  ) throws {
    try initialize(graph, seed: seed, options: options, isZeroed: false)
  }

  /// The same; with `isZeroed`, of a state that nothing was written to, where the zeros are already:
  /// of a training step's variables two thirds.
  func initialize(
    _ graph: Graph, seed: Int, options: Compilation.Options, isZeroed: Bool
  ) throws {
    let initialization = try graph.initialization(omittingZeros: isZeroed)
    guard !initialization.updates.isEmpty else { return }
    let executable = try Compilation.executable(initialization, state: self, options: options)
    _ = try executable.run([
      Graph.initializationKey: Graph.initializationKey(seed: seed)
    ])
  }
}

extension ContinuousClock.Instant {
  /// Seconds since this instant.
  public var secondsToNow: Double {
    let duration = duration(to: .now).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }
}

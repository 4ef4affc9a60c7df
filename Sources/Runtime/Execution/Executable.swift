import CKernels
import Codegen
import GraphIR

/// A graph compiled to machine code: the native step.
///
/// Inputs are written into buffers of its own, a run computes outputs and updates the variables of
/// its state, outputs are read back. A run allocates nothing. One run at a time.
public final class Executable {
  public let program: Program
  public let state: ModelState
  public let threads: Int
  let module: NativeModule
  private let arena: AlignedBuffer
  private let inputs: AlignedBuffer
  private let pointers: UnsafeMutablePointer<UnsafeRawPointer?>
  private let offsets: [String: (index: Int, offset: Int)]
  private let needs: [ModelState.Need]
  private typealias Step =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafePointer<UnsafeRawPointer?>, Int32
    ) -> Void
  private let step: Step

  /// Compiles the program's C and loads it.
  ///
  /// `state` must have been made with the program's layout. The result does not depend on the
  /// number of threads.
  public convenience init(
    _ program: Program, state: ModelState, threads: Int = 1,
    instructionSet: Machine.InstructionSet = .current, compiler: Compiler = .tcc
  ) throws(ExecutionError) {
    try self.init(
      program, state: state, threads: threads, instructionSet: instructionSet, compiler: compiler,
      arena: nil)
  }

  /// The same; `begun` may be memory of `Executable.arena` for this program.
  init(
    _ program: Program, state: ModelState, threads: Int, instructionSet: Machine.InstructionSet,
    compiler: Compiler, arena begun: AlignedBuffer?
  ) throws(ExecutionError) {
    precondition(program.state == state.layout, "the state has another layout")
    self.program = program
    self.state = state
    self.threads = max(1, threads)
    let bytes = program.arenaBytes(threads: self.threads)
    // The compiler's own code, some 10 MB, is not needed beside a large arena: now that of the passes
    // and of the C's printer, libtcc's before the last pages of the arena are made.
    let isLarge = bytes >= Executable.largeArena
    if isLarge { dlc_code_give_back() }
    // First, for its pages are made while the C is compiled.
    if let begun, begun.grow(to: bytes) {
      arena = begun
    } else {
      arena = try AlignedBuffer(count: bytes)
    }
    var symbols = HostSymbols.parallel
    for name in program.symbols where symbols[name] == nil {
      guard let address = instructionSet.kernel(name) else { throw .missingKernel(name) }
      symbols[name] = address
    }
    do throws(CompileError) {
      module = try NativeModule(source: program.source, symbols: symbols, compiler: compiler)
    } catch {
      throw .compiler(error)
    }
    guard let address = module.address(of: Program.entry) else {
      throw .missingKernel(Program.entry)
    }
    step = unsafeBitCast(address, to: Step.self)
    var offset = 0
    var offsets: [String: (index: Int, offset: Int)] = [:]
    for (index, input) in program.inputs.enumerated() {
      offsets[input.name] = (index, offset)
      offset += (max(1, input.type.byteCount) + 63) / 64 * 64
    }
    self.offsets = offsets
    let written = Set(program.graph.updates.map(\.variable))
    needs = program.graph.variables.compactMap { id, variable in
      program.state.index(of: variable.key).map {
        ModelState.Need(
          index: $0, panels: program.panels[variable.key], isWritten: written.contains(id))
      }
    }
    inputs = try AlignedBuffer(count: offset)
    pointers = .allocate(capacity: max(1, program.inputs.count))
    for place in offsets.values {
      (pointers + place.index).initialize(to: UnsafeRawPointer(inputs.base + place.offset))
    }
    if isLarge { dlc_code_give_back() }
    state.buffer.makePresent()
    arena.makePresent()
  }

  deinit { pointers.deallocate() }

  /// Memory for the runs of a program of which so much is planned; nil where there is none, or so
  /// little that nothing is won by making it before the whole is known.
  static func arena(planned bytes: Int) -> AlignedBuffer? {
    bytes < 1 << 20 ? nil : try? AlignedBuffer(count: bytes, reserve: scratchReserve)
  }

  /// Addresses for the threads' scratch; where it is more, the arena is made anew.
  private static let scratchReserve = 64 << 20

  /// From so many bytes on the arena outweighs the time in which code is read back in.
  private static let largeArena = 32 << 20

  /// The threads that have something to do in a run.
  public var activeThreads: Int { program.isSerial ? 1 : threads }

  /// Bytes of machine code.
  public var codeSize: Int { module.codeSize }

  /// Bytes of memory for intermediate values and scratch.
  public var arenaBytes: Int { arena.count }

  /// The memory of an input, to be filled in place before `run`; nil when there is no such input.
  public func inputBuffer(_ name: String) -> UnsafeMutableRawBufferPointer? {
    guard let place = offsets[name] else { return nil }
    return UnsafeMutableRawBufferPointer(
      start: inputs.base + place.offset, count: program.inputs[place.index].type.byteCount)
  }

  /// Copies a tensor into an input.
  public func set(_ name: String, to tensor: Tensor) throws(ExecutionError) {
    guard let place = offsets[name] else {
      throw .unknownInput(name, known: program.inputs.map(\.name))
    }
    let type = program.inputs[place.index].type
    guard tensor.type == type else {
      throw .input(name: name, expected: type, given: tensor.type)
    }
    inputBuffer(name)!.copyBytes(from: tensor.bytes)
  }

  /// Runs the graph once on what the inputs hold.
  public func run() {
    state.arrange(needs)
    step(state.buffer.base, arena.base, pointers, Int32(threads))
  }

  /// Sets all inputs, runs, and copies every output out.
  public func run(_ inputs: [String: Tensor]) throws(ExecutionError) -> [String: Tensor] {
    for input in program.inputs where inputs[input.name] == nil {
      throw .input(name: input.name, expected: input.type, given: nil)
    }
    for name in inputs.keys.sorted() { try set(name, to: inputs[name]!) }
    run()
    var outputs: [String: Tensor] = [:]
    for output in program.outputs { outputs[output.name] = read(output) }
    return outputs
  }

  /// An output of the last run.
  public func output(_ name: String) -> Tensor? {
    program.outputs.first { $0.name == name }.map(read)
  }

  /// The place of an f32 scalar output, to be read after each run without allocating.
  public func scalar(_ name: String) -> UnsafePointer<Float>? {
    guard let output = program.outputs.first(where: { $0.name == name }),
      output.type == TensorType(.f32, .scalar)
    else { return nil }
    return UnsafePointer(address(output).assumingMemoryBound(to: Float.self))
  }

  private func address(_ output: Program.Output) -> UnsafeMutableRawPointer {
    switch output.place {
    case .arena(let offset): arena.base + offset
    case .state(let offset): state.buffer.base + offset
    }
  }

  private func read(_ output: Program.Output) -> Tensor {
    let bytes = UnsafeRawBufferPointer(start: address(output), count: output.type.byteCount)
    return Tensor(output.type, bytes: Array(bytes))
  }
}

import GraphIR

/// Prints a scheduled graph as one C file.
struct ModuleEmitter {
  /// The barrier's memory at the start of the arena, and in its padding the number of the step.
  static let headerBytes = 128
  private static let stepOffset = 8

  let schedule: KernelSchedule
  let memory: MemoryPlan
  private let state: StateLayout
  var context: ModuleContext
  private var kernels: [Program.KernelSummary] = []
  /// The calls of all functions in order.
  private var calls: [KernelCall] = []
  private var hazards = Hazards()
  /// The lines of the function every thread runs.
  private var steps = CWriter()
  /// Where that function takes the time, if it does.
  private var stamps: StampPlan?
  /// How much work each kernel is.
  private let works: [Int]

  var lowered: LoweredGraph { schedule.lowered }
  var graph: Graph { lowered.graph }

  init(
    _ schedule: KernelSchedule, _ memory: MemoryPlan, _ state: StateLayout, _ target: Target,
    isStamped: Bool = false
  ) {
    self.schedule = schedule
    self.memory = memory
    self.state = state
    stamps = isStamped ? StampPlan() : nil
    works = schedule.kernels.map { $0.work(schedule.lowered) }
    var target = target
    target.sharing = target.sharing.within(works.reduce(0, +))
    let inputs = schedule.lowered.graph.inputs.map(\.id)
    context = ModuleContext(
      schedule: schedule, memory: memory, target: target,
      stateOffsets: Dictionary(uniqueKeysWithValues: state.entries.map { ($0.name, $0.offset) }),
      inputIndex: Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ($1, $0) }))
  }

  /// Prints the functions of all kernels into the context's writer.
  private mutating func emitKernels() {
    stamp(.start)
    for (position, kernel) in schedule.kernels.enumerated() { emit(kernel, position) }
    commit()
  }

  /// The module for a file of its own: constants and functions, without an entry.
  mutating func emitPart(prefix: String) -> ModulePart {
    context.prefix = prefix
    context.hasThreads = false
    emitKernels()
    var text = CWriter()
    constants(&text)
    text.append(context.writer)
    return ModulePart(
      text: text.text, places: context.places, calls: calls,
      kernels: context.prototypes.keys.sorted(), program: program(text))
  }

  mutating func emit() -> Program {
    emitKernels()
    var file = CWriter()
    header(&file)
    shapeTypes(&file)
    for name in context.prototypes.keys.sorted() { file.line(context.prototypes[name]!) }
    file.line("extern void dlc_share(long, int, int, long *, long *);")
    file.line("typedef struct { char *lines; long stride, step; } dlc_queues;")
    file.line(
      "extern int dlc_take(const dlc_queues *, long, long, long, int, int, long *, long *, long *);"
    )
    file.line("extern void dlc_barrier(void *, int);")
    file.line("extern long dlc_flush_denormals(void);")
    file.line("extern void dlc_restore_denormals(long);")
    file.line("extern void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned);")
    file.line("extern int omp_get_thread_num(void);")
    file.line("extern int omp_get_num_threads(void);")
    if stamps != nil { file.line("extern long long dlc_now(void);") }
    file.line()
    runStructure(&file)
    if stamps != nil { stampVariable(&file) }
    constants(&file)
    file.append(context.writer)
    entry(&file)
    return program(file)
  }

  // MARK: - Kernels

  private mutating func emit(_ kernel: Kernel, _ position: Int) {
    let name = functionName(kernel, position)
    let sharing = context.target.sharing
    let isSerial = works[position] < sharing.kernel
    let isTaken = kernel.isTaken(works[position], sharing, lowered)
    var elementsPerUnit: Int?
    let call: KernelCall
    if kernel.kind == .single {
      call = SingleEmitter(kernel.nodes[0], lowered, isTaken: isTaken).emit(name, &context)
    } else {
      let program = TileProgram(kernel, schedule, context.target)
      elementsPerUnit = isTaken ? nil : program.elementsPerUnit
      var emitter = TileEmitter(program, isTaken: isTaken)
      call = emitter.emit(name, &context)
    }
    let effects = effects(of: kernel, isSerial: isSerial, elementsPerUnit: elementsPerUnit)
    // Only the profile asks for them, and they take a fiftieth of the emitter's time.
    let bytes = stamps == nil ? nil : kernel.traffic(schedule)
    run(name, call, kernel, isSerial, effects, bytes: bytes)
    let partials = kernel.nodes.filter { memory.partial[$0] != nil }
    if !partials.isEmpty { finish(partials, kernel, "\(name)_finish") }
  }

  mutating func run(
    _ name: String, _ call: KernelCall, _ kernel: Kernel, _ isSerial: Bool,
    _ effects: [Hazards.Effect], bytes: Int?
  ) {
    let needsBarrier = hazards.add(effects)
    if needsBarrier { barrier() }
    if name != call.function { steps.line("/* \(name) */") }
    for line in isSerial ? call.serial : call.shared { steps.line(line) }
    calls.append(call)
    kernels.append(
      Program.KernelSummary(
        name: name, function: call.function, nodes: kernel.nodes, isSerial: isSerial,
        hasBarrierBefore: needsBarrier, bytes: bytes,
        boundaries: kernel.boundaries.map { "\($0.node) reads \($0.operand): \($0.reason)" }))
    stamp(.kernel(kernels.count - 1))
  }

  private mutating func barrier() {
    steps.line("dlc_barrier(run->barrier, threads);")
    stamp(.barrier)
  }

  /// Copies the new values that could not be computed in their variables' places.
  private mutating func commit() {
    guard !schedule.copied.isEmpty else { return }
    context.writer.line(
      "static void \(context.prefix)commit(const dlc_run *run, int thread, int threads)")
    context.writer.open("{")
    context.writer.line("long begin, end;")
    for update in schedule.copied {
      let type = graph[update.variable].type
      let count = type.shape.count
      context.writer.node = update.variable
      context.writer.line("/* \(CSyntax.comment(graph.describe(update.variable))) */")
      context.writer.line("dlc_share(\(count), thread, threads, &begin, &end);")
      let size = type.dtype.size
      context.call(
        "dlc_copy_\(CSyntax.bits(type.dtype))",
        [
          .long(1), .long("end - begin"),
          .outBits("\(context.place(update.variable)) + begin * \(size)"), .long(0), .long(1),
          .readingBits("\(context.place(update.value)) + begin * \(size)"), .long(0), .long(1),
        ])
    }
    context.writer.close()
    context.writer.line()
    barrier()
    let call = KernelCall(function: "\(context.prefix)commit", usesRun: true, arguments: [])
    for line in call.shared { steps.line(line) }
    calls.append(call)
    stamp(.commit)
  }

  // MARK: - Time stamps

  /// Notes the time behind a part of the step.
  private mutating func stamp(_ part: StampPlan.Part) {
    guard let place = stamps?.count else { return }
    stamps?.parts.append(part)
    steps.line("stamps[\(place)] = dlc_now();")
  }

  private func stampVariable(_ file: inout CWriter) {
    file.line("/* Where each thread notes the time, one thread's stamps after the other's. */")
    file.line("long long *\(StampPlan.variable) = 0;")
    file.line()
  }

  private func functionName(_ kernel: Kernel, _ position: Int) -> String {
    var words: [String] = []
    for id in kernel.nodes where words.count < 4 {
      let word = graph[id].op.name
      if words.last != word { words.append(word) }
    }
    let number = String(position + 1)
    let width = max(2, String(schedule.kernels.count).count)
    let padding = String(repeating: "0", count: width - min(width, number.count))
    return context.prefix + "k\(padding)\(number)_" + words.joined(separator: "_")
  }

  // MARK: - Barriers

  func range(ofBuffer buffer: Int) -> Hazards.Memory {
    let buffer = memory.buffers[buffer]
    return Hazards.Memory(isState: false, bytes: buffer.offset..<buffer.offset + buffer.bytes)
  }

  func range(_ id: NodeID) -> Hazards.Memory {
    let variable = schedule.inPlace[id] ?? id
    if let variable = graph[variable].op as? Variable {
      let offset = state[variable.key]!.offset
      return Hazards.Memory(isState: true, bytes: offset..<offset + state[variable.key]!.capacity)
    }
    return range(ofBuffer: memory.bufferOf[id]!)
  }

  private func effects(of kernel: Kernel, isSerial: Bool, elementsPerUnit: Int?)
    -> [Hazards.Effect]
  {
    var effects: [Hazards.Effect] = []
    let members = Set(kernel.nodes)
    let runs = elementsPerUnit.map {
      Hazards.Division.runs(elements: kernel.domain.count, each: $0)
    }
    let own: Hazards.Division = isSerial ? .serial : runs ?? .other
    for id in kernel.nodes {
      for operand in graph[id].operands.indices where lowered.reads(id, operand) {
        let access = lowered.access(id, operand)
        let node = graph[access.base].op
        guard !members.contains(access.base), !(node is Input), !(node is Constant) else {
          continue
        }
        // An access counts the axes of its own domain, which a product's operand has fewer of.
        let isAtOwnPlace =
          lowered.readDomain(id, operand) == kernel.domain
          && access.isIdentity(over: kernel.domain)
        let isEpilogue = kernel.kind == .loop || id != kernel.nodes[0]
        let isOwn = isSerial || isAtOwnPlace && isEpilogue
        effects.append(
          Hazards.Effect(range(access.base), isWrite: false, by: isOwn ? own : .other))
      }
      if let keeper = lowered.keptScores.keeper[id] {
        effects.append(
          Hazards.Effect(
            range(ofBuffer: memory.kept[keeper]!), isWrite: keeper == id,
            by: isSerial ? .serial : .other))
      }
      if let partial = memory.partial[id] {
        effects.append(Hazards.Effect(range(ofBuffer: partial), isWrite: true, by: .other))
      } else if schedule.isStored(id) {
        let isFull = lowered.shape(id) == kernel.domain
        effects.append(
          Hazards.Effect(range(id), isWrite: true, by: isSerial ? .serial : isFull ? own : .other))
      }
    }
    return effects
  }

  // MARK: - The file

  /// A thread's tiles and the lines of its queues.
  private var scratchBytes: Int { context.scratchBytes + 64 * context.queues }

  private func entry(_ file: inout CWriter) {
    let isSerial = kernels.allSatisfy(\.isSerial) && schedule.copied.isEmpty
    file.line(
      "/* What every thread runs; they meet at barriers where one reads what another wrote. */")
    file.line("static void step(const dlc_run *run, int thread, int threads)")
    file.open("{")
    if steps.lines.isEmpty { file.line("(void)run; (void)thread; (void)threads;") }
    if !steps.lines.isEmpty, isSerial { file.line("(void)threads;") }
    for place in context.places { file.line(place) }
    file.line("const long mode = dlc_flush_denormals();")
    if let stamps {
      file.line("long long *const stamps = \(StampPlan.variable) + thread * \(stamps.count);")
    }
    file.append(steps)
    file.line("dlc_restore_denormals(mode);")
    file.close()
    file.line()
    if !isSerial {
      file.line("static void parallel_step(void *run)")
      file.open("{")
      file.line("step((const dlc_run *)run, omp_get_thread_num(), omp_get_num_threads());")
      file.close()
      file.line()
    }
    let signature =
      "void dlc_step(char *state, char *arena, const void *const *inputs, int threads)"
    file.line("\(signature);")
    file.line(signature)
    file.open("{")
    file.line("dlc_run run;")
    file.line("run.state = state;")
    file.line("run.arena = arena + \(ModuleEmitter.headerBytes);")
    file.line("run.inputs = inputs;")
    file.line("run.barrier = arena;")
    file.line("run.scratch = run.arena + \(memory.arenaBytes);")
    file.line("run.scratch_stride = \(scratchBytes);")
    file.line("run.queues.lines = run.scratch + \(context.scratchBytes);")
    file.line("run.queues.stride = run.scratch_stride;")
    file.line("run.queues.step = ++*(long *)(arena + \(ModuleEmitter.stepOffset));")
    if isSerial {
      file.line("(void)threads;")
      file.line("step(&run, 0, 1);")
    } else {
      file.line("if (threads > 1)")
      file.line("  GOMP_parallel(parallel_step, &run, (unsigned)threads, 0);")
      file.line("else")
      file.line("  step(&run, 0, 1);")
    }
    file.close()
  }

  private func program(_ file: CWriter) -> Program {
    let clock = stamps == nil ? [] : ["dlc_now"]
    let symbols = Set(context.prototypes.keys).union(clock).union([
      "dlc_share", "dlc_take", "dlc_barrier", "dlc_flush_denormals", "dlc_restore_denormals",
      "GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads",
    ])
    return Program(
      source: file.text,
      inputs: graph.inputs.map { .init(name: $0.input.key, type: $0.input.type) },
      outputs: graph.outputs.map { output in
        let variable = schedule.inPlace[output.value]
        let place: Program.Place
        if let variable, let op = graph[variable].op as? Variable {
          place = .state(state[op.key]!.offset)
        } else {
          place = .arena(
            ModuleEmitter.headerBytes
              + memory.buffers[memory.bufferOf[output.value]!].offset)
        }
        return .init(name: output.name, type: graph[output.value].type, place: place)
      },
      state: state, symbols: symbols.sorted(), graph: graph, kernels: kernels,
      hasCommit: !schedule.copied.isEmpty,
      panels: Dictionary(
        uniqueKeysWithValues: graph.variables.compactMap { id, variable in
          schedule.panels[id].map { (variable.key, $0) }
        }), stamps: stamps,
      buffers: memory.buffers.map {
        .init(
          nodes: $0.nodes, content: $0.content, offset: $0.offset, bytes: $0.bytes,
          first: $0.first, last: $0.last)
      }, plannedBytes: memory.arenaBytes, liveBytes: memory.lowerBound,
      scratchBytes: scratchBytes, nodeOfLine: file.nodeOfLine)
  }
}

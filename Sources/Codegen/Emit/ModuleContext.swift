import GraphIR

/// What the emitters of single kernels share: where values lie, and what was used of CKernels.
struct ModuleContext {
  let schedule: KernelSchedule
  let memory: MemoryPlan
  let target: Target
  /// Byte offsets of the variables in the state.
  let stateOffsets: [String: Int]
  let inputIndex: [NodeID: Int]
  /// Begins the names of functions and constants, where a file holds several modules.
  var prefix = ""
  var writer = CWriter()
  /// Prototypes of the kernels used, by name.
  var prototypes: [String: String] = [:]
  /// Constants that some line reads.
  var usedConstants: Set<NodeID> = []
  /// Bytes of scratch a thread needs.
  private(set) var scratchBytes = 0
  /// Whether several threads run the module: not in a part of a file of its own.
  var hasThreads = true
  /// Kernels whose work threads take from each other.
  private(set) var queues = 0
  /// The function that is being printed.
  private(set) var function = KernelFunction()
  /// The functions there are, by what they do.
  private(set) var functions: [CanonicalText: String] = [:]
  /// Declarations of the pointers that calls pass, in the order of their first use.
  private(set) var places: [String] = []
  private(set) var placed: Set<String> = []

  /// How many functions run the kernels.
  var functionCount: Int { functions.count }

  var lowered: LoweredGraph { schedule.lowered }
  var graph: Graph { schedule.lowered.graph }

  /// Where the value lies: `run->state + 64`, without a type.
  func place(_ id: NodeID) -> String {
    if let variable = graph[id].op as? Variable {
      return "run->state + \(stateOffsets[variable.key]!)"
    }
    if let index = inputIndex[id] { return "run->inputs[\(index)]" }
    if let variable = schedule.inPlace[id] { return place(variable) }
    return "run->arena + \(memory.buffers[memory.bufferOf[id]!].offset)"
  }

  /// The C name of a value's pointer.
  mutating func name(_ id: NodeID) -> String {
    guard graph[id].op is Constant else { return "v\(id.index)" }
    usedConstants.insert(id)
    return "\(prefix)c\(id.index)"
  }

  /// Opens what a thread does of a kernel's units, begin ..< end. Where threads take them from each
  /// other it is a loop over such parts; units may then be done by any thread and in any order, those
  /// of the same `run` best by one thread.
  mutating func openShare(_ units: Int, isTaken: Bool, run: Int = 1) {
    function.isTaking = isTaken && hasThreads
    guard function.isTaking else {
      return writer.line("dlc_share(\(units), thread, threads, &begin, &end);")
    }
    function.usesRun = true
    if function.queues == 0 { writer.line("long since;") }
    let queue = function.queues == 0 ? "queue" : "queue_\(function.queues + 1)"
    function.queues += 1
    function.add("long \(queue)", argument: String(queues))
    queues += 1
    writer.open(
      "while (dlc_take(&run->queues, \(queue), \(units), \(run), thread, threads, &since, &begin, &end)) {"
    )
  }

  mutating func closeShare() {
    if function.isTaking { writer.close() }
  }

  /// The first of a product's or attention's units that a thread has done without a gap up to the
  /// one at hand.
  var firstUnit: String { hasThreads ? "since" : "begin" }

  /// Prints a function with what `body` writes, or none where one before does the same; the call
  /// that runs it.
  mutating func function(
    _ name: String, _ body: (inout ModuleContext) -> Void
  ) -> KernelCall {
    var inner = CWriter(indent: 1)
    swap(&inner, &writer)
    function = KernelFunction()
    body(&self)
    swap(&inner, &writer)
    let parameters = function.allParameters
    var text = CanonicalText()
    for line in parameters + inner.lines.map(\.text) { text.append(line) }
    let shared = functions[text]
    if shared == nil {
      functions[text] = name
      for line in CSyntax.wrapped("static void \(name)(", parameters, ")") { writer.line(line) }
      writer.line("{")
      writer.append(inner)
      writer.line("}")
      writer.line()
    }
    return KernelCall(
      function: shared ?? name, usesRun: function.usesRun, arguments: function.arguments)
  }

  /// Makes `v<id>`, a pointer to the value's elements, a parameter of the function.
  mutating func declare(_ id: NodeID, isWritten: Bool) {
    if graph[id].op is Constant { return }
    declare("v", id, place(id), isWritten: isWritten)
  }

  /// The same of `p<id>`, the parts of a reduction in pieces.
  mutating func declarePartial(_ id: NodeID, isWritten: Bool) {
    let offset = memory.buffers[memory.partial[id]!].offset
    declare("p", id, "run->arena + \(offset)", isWritten: isWritten)
  }

  /// The same of `e<id>`, the exponentials that an attention keeps.
  mutating func declareKept(_ id: NodeID, isWritten: Bool) {
    let offset = memory.buffers[memory.kept[id]!].offset
    declare("e", id, "run->arena + \(offset)", isWritten: isWritten)
  }

  private mutating func declare(
    _ letter: String, _ id: NodeID, _ place: String, isWritten: Bool
  ) {
    let name = "\(letter)\(id.index)"
    let type = CSyntax.type(graph[id].type.dtype)
    function.add("\(isWritten ? "" : "const ")\(type) *\(name)", argument: name)
    guard placed.insert(name).inserted else { return }
    let pointer = inputIndex[id] == nil ? "\(type) *" : "const \(type) *"
    places.append("\(pointer)const \(name) = (\(pointer))(\(place));")
  }

  /// Declares `scratch`, memory of the thread's own of at least so many bytes.
  mutating func declareScratch(_ bytes: Int) {
    scratchBytes = max(scratchBytes, bytes)
    function.usesRun = true
    writer.line("char *const scratch = run->scratch + thread * run->scratch_stride;")
  }

  /// Calls a kernel; arguments are pairs of a C type and an expression.
  mutating func call(_ name: String, _ arguments: [Argument], isIndented: Bool = false) {
    let types = arguments.map(\.type).joined(separator: ", ")
    let isCounting = name.hasPrefix("dlc_gather") || name.hasPrefix("dlc_scatter")
    let result = isCounting ? "long" : "void"
    prototypes[name] = "extern \(result) \(name)(\(types));"
    let list = arguments.map(\.text).joined(separator: ", ")
    writer.line("\(isIndented ? "  " : "")\(name)(\(list));")
  }

  struct Argument {
    let type: String
    let text: String

    static func long(_ text: String) -> Argument { Argument(type: "long", text: text) }
    static func long(_ value: Int) -> Argument { long(String(value)) }
    static func double(_ value: Double) -> Argument {
      Argument(type: "double", text: CSyntax.literal(value))
    }
    static func list(_ text: String) -> Argument { Argument(type: "const long *", text: text) }
    static func flag(_ text: String) -> Argument { Argument(type: "int", text: text) }
    static func out(_ dtype: DType, _ text: String) -> Argument {
      Argument(type: "\(CSyntax.type(dtype)) *", text: text)
    }
    static func reading(_ dtype: DType, _ text: String) -> Argument {
      Argument(type: "const \(CSyntax.type(dtype)) *", text: text)
    }
    static func outBits(_ text: String) -> Argument { Argument(type: "void *", text: text) }
    static func readingBits(_ text: String) -> Argument {
      Argument(type: "const void *", text: text)
    }
  }
}

/// A tile of a value: where its first element is, and its strides in elements.
struct TileOperand: Hashable {
  var pointer: String
  var rowStride: Int
  var columnStride: Int
  var dtype: DType

  var strided: [ModuleContext.Argument] {
    [.reading(dtype, pointer), .long(rowStride), .long(columnStride)]
  }
  var stridedBits: [ModuleContext.Argument] {
    [.readingBits(pointer), .long(rowStride), .long(columnStride)]
  }
  var out: [ModuleContext.Argument] { [.out(dtype, pointer), .long(rowStride)] }
}

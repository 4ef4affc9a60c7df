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
  var scratchBytes = 0
  /// Whether several threads run the module: not in a part of a file of its own.
  var hasThreads = true
  /// Kernels whose work threads take from each other.
  private(set) var queues = 0

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

  /// Opens the loop over the parts begin ..< end of a kernel's units that a thread does; units may be
  /// done by any thread and in any order, those of the same `run` best by one thread. Without threads
  /// there is one part.
  mutating func openParts(_ units: Int, run: Int = 1) {
    guard hasThreads else {
      writer.line("dlc_share(\(units), thread, threads, &begin, &end);")
      return writer.open("{")
    }
    writer.open(
      "while (dlc_take(&run->queues, \(queues), \(units), \(run), thread, threads, &begin, &end)) {"
    )
    queues += 1
  }

  /// Declares `v<id>`, a pointer to the value's elements.
  mutating func declare(_ id: NodeID, isWritten: Bool) {
    if graph[id].op is Constant { return }
    let type = CSyntax.type(graph[id].type.dtype)
    let const = isWritten ? "" : "const "
    let place = inputIndex[id] == nil ? "(\(place(id)))" : place(id)
    writer.line(
      "\(const)\(type) *const v\(id.index) = (\(const)\(type) *)\(place);")
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

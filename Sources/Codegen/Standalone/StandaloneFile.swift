import GraphIR

/// A graph as one C file that needs nothing but a C99 compiler and libm.
///
/// The file has the functions of the graph and of the initialization of its variables, the kernels
/// that they call as plain C, and five functions to use them; it allocates nothing and includes
/// nothing. What the file's own comment says of the interface is written in `StandaloneFile+Text`.
public struct StandaloneFile {
  let step: ModulePart
  let initialization: ModulePart
  let library: KernelLibrary
  /// The first word of every public name.
  public let name: String
  /// The graph's name as its author wrote it.
  let title: String
  let inputs: [Entry]
  let outputs: [Entry]
  let variables: [Entry]

  /// An input, output or variable with its C name.
  struct Entry {
    let identifier: String
    let name: String
    let type: TensorType
    let kind: Character
    /// Where it lies in the file's memory; nil for inputs.
    let offset: Int?
  }

  /// The program of one run; its outputs' order is that of `StandaloneCheck`.
  public var program: Program { step.program }

  /// `step` and `initialization` have been through the passes.
  public init(step: Graph, initialization: Graph, library: KernelLibrary) {
    let layout = StateLayout([step])
    self.step = StandaloneFile.part(step, layout, prefix: "")
    self.initialization = StandaloneFile.part(initialization, layout, prefix: "init_")
    self.library = library
    title = step.name
    name = StandaloneNames.model(step.name)
    let program = self.step.program
    let name = self.name
    var names = StandaloneNames()
    for kind in ["input", "output", "variable"] {
      _ = names.identifier("\(name)_\(kind)_", "count")
    }
    inputs = program.inputs.map {
      Entry(
        identifier: names.identifier("\(name)_input_", $0.name), name: $0.name, type: $0.type,
        kind: "i", offset: nil)
    }
    let arena = StandaloneFile.arenaOffset(layout)
    outputs = program.outputs.map {
      let offset: Int
      switch $0.place {
      case .state(let place): offset = place
      case .arena(let place): offset = arena + place - ModuleEmitter.headerBytes
      }
      return Entry(
        identifier: names.identifier("\(name)_output_", $0.name), name: $0.name, type: $0.type,
        kind: "o", offset: offset)
    }
    variables = layout.entries.map {
      Entry(
        identifier: names.identifier("\(name)_variable_", $0.name), name: $0.name, type: $0.type,
        kind: $0.role == .parameter ? "p" : "s", offset: $0.offset)
    }
  }

  /// The tiles of the plain kernels' products.
  private static let target = Target(
    name: "plain C", tile32: .init(rows: 4, columns: 64), tile64: .init(rows: 4, columns: 32))

  private static func part(_ graph: Graph, _ layout: StateLayout, prefix: String) -> ModulePart {
    let schedule = KernelSchedule(Fusion(LoweredGraph(graph, target)))
    var emitter = ModuleEmitter(schedule, MemoryPlan(schedule), layout, target)
    return emitter.emitPart(prefix: prefix)
  }

  static func arenaOffset(_ layout: StateLayout) -> Int {
    MemoryPlan.aligned(max(1, layout.byteCount))
  }

  /// Bytes of the intermediate values of whichever part has more.
  private var arenaBytes: Int {
    MemoryPlan.aligned(max(step.program.plannedBytes, initialization.program.plannedBytes))
  }

  var arenaOffset: Int { StandaloneFile.arenaOffset(step.program.state) }
  var scratchOffset: Int { arenaOffset + arenaBytes }

  /// Bytes of the one static buffer: variables, intermediate values, scratch.
  public var memoryBytes: Int {
    scratchOffset + max(step.program.scratchBytes, initialization.program.scratchBytes)
  }

  /// The functions that a file may call without defining them: libm's, and those that compilers
  /// call for copies.
  public static let externalFunctions =
    ["memcpy", "memmove", "memset"] + StandalonePrelude.functions.map(\.name)

  /// Kernels that are called and not in the library: a mistake of the code generator's.
  public var missingKernels: [String] {
    (step.kernels + initialization.kernels).filter { !library.has($0) }
  }
}

import GraphIR

/// A graph compiled to C: the text, and where the caller puts inputs and finds results.
public struct Program: Sendable {
  public struct Binding: Sendable {
    public let name: String
    public let type: TensorType
  }

  /// Where a result lies when the entry function has returned.
  public enum Place: Hashable, Sendable {
    case arena(Int)
    case state(Int)
  }

  public struct Output: Sendable {
    public let name: String
    public let type: TensorType
    public let place: Place
  }

  public struct KernelSummary: Sendable {
    public let name: String
    /// The C function that runs it: that of the first kernel that does the same.
    public let function: String
    public let nodes: [NodeID]
    public let isSerial: Bool
    public let hasBarrierBefore: Bool
    /// What it must read and write at least, each element of another kernel's value once; known
    /// where the C has time stamps.
    public let bytes: Int?
    /// Why its nodes' operands come from other kernels.
    public let boundaries: [String]
  }

  public struct BufferSummary: Sendable {
    public let nodes: [NodeID]
    /// What it holds instead of nodes' values.
    public let content: String
    public let offset: Int
    public let bytes: Int
    public let first: Int
    public let last: Int
  }

  /// The C text. It defines
  /// `void dlc_step(char *state, char *arena, const void *const *inputs, int threads)`.
  public let source: String
  public static let entry = "dlc_step"
  /// In the order of the entry function's `inputs`.
  public let inputs: [Binding]
  public let outputs: [Output]
  public let state: StateLayout
  /// The external names the text uses.
  public let symbols: [String]
  /// The graph the text computes, after all passes.
  public let graph: Graph
  public let kernels: [KernelSummary]
  /// Whether the step ends with copies of new values into their variables' places.
  public let hasCommit: Bool
  /// How the variables lie of which the text reads or writes other layouts than rows, by name.
  public let panels: [String: PanelLayout]
  /// The parts of the step in the order every thread runs them, where the C notes the time.
  public let stamps: StampPlan?
  public let buffers: [BufferSummary]
  /// Bytes of the planned arena, without the barrier and the threads' scratch.
  public let plannedBytes: Int
  /// The most bytes of planned buffers that are alive at once.
  public let liveBytes: Int
  let scratchBytes: Int
  let nodeOfLine: [Int: NodeID]

  /// Bytes the caller allocates for a run on this many threads, aligned to 64 and zeroed once.
  public func arenaBytes(threads: Int) -> Int {
    ModuleEmitter.headerBytes + plannedBytes + threads * scratchBytes
  }

  /// The node whose computation is printed on a line of the text.
  public func node(atLine line: Int) -> NodeID? { nodeOfLine[line] }
}

/// Where the variables of one or several graphs lie in the state they share.
public struct StateLayout: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let type: TensorType
    public let role: Variable.Role
    public let offset: Int
    /// Bytes there are for it: of a matrix enough for panels of columns, too.
    public let capacity: Int
  }

  /// Columns of a matrix that room is kept for are a multiple of this.
  private static let columnMultiple = 32

  public private(set) var entries: [Entry] = []
  public private(set) var byteCount = 0
  private var index: [String: Int] = [:]

  /// The variables of all graphs, in order of appearance. Two graphs must agree on a variable's
  /// type; the first one's holds.
  public init(_ graphs: [Graph]) {
    for graph in graphs {
      for (_, variable) in graph.variables where index[variable.key] == nil {
        index[variable.key] = entries.count
        let capacity = MemoryPlan.aligned(StateLayout.capacity(variable.type))
        entries.append(
          Entry(
            name: variable.key, type: variable.type, role: variable.role, offset: byteCount,
            capacity: capacity))
        byteCount += capacity
      }
    }
  }

  private static func capacity(_ type: TensorType) -> Int {
    guard type.shape.rank == 2, type.dtype.isFloat, type.shape[1] > columnMultiple else {
      return max(1, type.byteCount)
    }
    return PanelLayout(width: columnMultiple).count(type.shape) * type.dtype.size
  }

  public subscript(name: String) -> Entry? { index(of: name).map { entries[$0] } }

  /// The place of a variable among the entries.
  public func index(of name: String) -> Int? { index[name] }
}

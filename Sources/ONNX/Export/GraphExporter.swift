import GraphIR

/// The nodes, initializers and names of a model that is being written.
struct GraphExporter {
  let graph: Graph
  private(set) var proto = GraphProto()
  /// Each node's value as the model calls it, for the nodes done so far.
  private(set) var names: [String] = []
  private var used: Set<String> = []
  private var constants: [Tensor: String] = [:]
  private var counter = 0
  /// The node in work, and what its value must be called, if that is given.
  private(set) var current = NodeID(0)
  private var wanted: String?

  init(_ graph: Graph) {
    self.graph = graph
    proto.name = graph.name
  }

  // MARK: - What the rules for ops use

  var node: Node { graph[current] }
  var type: TensorType { node.type }

  /// An operand's name.
  func operand(_ index: Int) -> String { names[node.operands[index].index] }

  func operandType(_ index: Int) -> TensorType { graph[node.operands[index]].type }

  /// Adds a node of the model; its result's name.
  ///
  /// The last node of an op's has `isResult`, so that it gets the name that is asked for.
  mutating func emit(
    _ op: String, _ inputs: [String], _ attributes: [AttributeProto] = [], isResult: Bool = false
  ) -> String {
    emit(op, inputs, attributes, outputs: 1, isResult: isResult)[0]
  }

  /// The same with several results, of which the last has the name that is asked for.
  mutating func emit(
    _ op: String, _ inputs: [String], _ attributes: [AttributeProto], outputs: Int, isResult: Bool
  ) -> [String] {
    var results = (0..<outputs).map { _ in unique(op.lowercased()) }
    if isResult, let wanted {
      results[outputs - 1] = wanted
      self.wanted = nil
    }
    proto.node.append(
      NodeProto.with {
        $0.opType = op
        $0.name = node.label.isEmpty ? results[outputs - 1] : "\(node.label)/\(op)_\(counter)"
        $0.input = inputs
        $0.output = results
        $0.attribute = attributes
      })
    return results
  }

  /// A tensor known now, stored once; as a node, for initializers are what training changes.
  mutating func constant(_ tensor: Tensor) -> String {
    if let name = constants[tensor] { return name }
    let name = emit("Constant", [], [.tensor("value", ONNXTensor(storing: tensor))])
    constants[tensor] = name
    return name
  }

  mutating func ints(_ values: [Int]) -> String {
    constant(Tensor(values.map { Int64($0) }, shape: [values.count]))
  }

  mutating func scalar(_ value: Double, _ dtype: DType) -> String {
    constant(Tensor(TensorType(dtype, .scalar), doubles: [value]))
  }

  // MARK: - The whole graph

  mutating func exportNodes(_ weights: [String: Tensor]) throws(ExportError) {
    try reserveNames()
    var results = Dictionary(
      graph.outputs.map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
    var (unsupported, noValue): ([String], [String]) = ([], [])
    for id in graph.ids {
      current = id
      wanted = nil
      switch graph[id].op {
      case let op as Input:
        proto.input.append(ValueInfoProto(op.key, op.type))
        names.append(op.key)
      case let op as Variable:
        if let tensor = weights[op.key] ?? op.initializer.known(op.type), tensor.type == op.type {
          proto.initializer.append(ONNXTensor(storing: tensor).proto(name: op.key))
        } else {
          noValue.append(op.key)
        }
        names.append(op.key)
      case let op as Constant:
        names.append(constant(op.tensor))
      default:
        wanted = results.removeValue(forKey: id)
        if let name = export(graph[id].op) {
          names.append(name)
        } else {
          unsupported.append(graph.describe(id))
          names.append("")
        }
      }
    }
    guard unsupported.isEmpty else { throw .unsupported(unsupported) }
    guard noValue.isEmpty else { throw .noValue(noValue) }
    for output in graph.outputs {
      let name = names[output.value.index]
      if name != output.name {
        wanted = output.name
        current = output.value
        _ = emit("Identity", [name], isResult: true)
      }
      proto.output.append(ValueInfoProto(output.name, graph[output.value].type))
    }
  }

  private mutating func reserveNames() throws(ExportError) {
    var given: [String: NodeID] = [:]
    for id in graph.ids {
      switch graph[id].op {
      case let op as Input: given[op.key] = id
      case let op as Variable: given[op.key] = id
      default: break
      }
    }
    for output in graph.outputs where given[output.name, default: output.value] != output.value {
      throw .name(output.name)
    }
    used = Set(given.keys).union(graph.outputs.map(\.name))
  }

  /// A name that nothing has yet.
  private mutating func unique(_ stem: String) -> String {
    while true {
      counter += 1
      let name = "\(stem)_\(counter)"
      if used.insert(name).inserted { return name }
    }
  }

  /// Adds what computes the current node; its value's name, nil for an op without a counterpart.
  private mutating func export(_ op: any Op) -> String? {
    switch op {
    case let op as Elementwise: elementwise(op)
    case let op as Cast: cast(op.dtype)
    case is Reshape: reshape(operand(0), type.shape.dims, isResult: true)
    case let op as Transpose: transpose(operand(0), op.permutation, isResult: true)
    case is Recompute: emit("Identity", [operand(0)], isResult: true)
    case is Broadcast:
      emit("Expand", [operand(0), ints(type.shape.dims)], isResult: true)
    case let op as StridedSlice: slice(op)
    case let op as Concat:
      emit("Concat", node.operands.indices.map(operand), [.int("axis", op.axis)], isResult: true)
    case let op as Pad: pad(op)
    case let op as Repeat: repeated(op)
    case let op as Iota: iota(op)
    case let op as Random: random(op)
    case let op as MatMul: product(op)
    case let op as Convolution: convolution(op)
    case let op as Reduce: reduce(op)
    case let op as MaxPool: pool("MaxPool", op.windows, factor: 1)
    case let op as SumPool: pool("AveragePool", op.windows, factor: op.windows.count)
    case let op as Normalize: normalize(op)
    case let op as ArgReduce: argReduce(op)
    case let op as ArgSort: argSort(op)
    case let op as CumSum: runningSum(op)
    case let op as LinearScan: linearScan(op)
    case let op as Gather: gather(op)
    case let op as ScatterAdd: scatter(op.axis, reduction: "add")
    case let op as Scatter:
      scatter(op.axis, reduction: op.mode == .set ? "none" : op.mode.rawValue)
    default: nil
    }
  }
}

extension Initializer {
  /// The first value of a variable of this type, nil where it is drawn.
  func known(_ type: TensorType) -> Tensor? {
    switch self {
    case .constant(let value):
      Tensor(type, doubles: [Double](repeating: value, count: type.shape.count))
    case .given(let tensor): tensor
    case .uniform, .normal: nil
    }
  }
}

import GraphIR

/// A graph with what each node computes, and which views are read through instead of copied.
struct LoweredGraph {
  let graph: Graph
  let computations: [Computation]
  /// Views that need a buffer of their own: results, and those no affine access can read through.
  private(set) var copiedViews: Set<NodeID> = []
  /// The nodes that read each node's value from its buffer or tile, views looked through.
  private(set) var readers: [[NodeID]]
  /// What the graph returns or leaves in variables.
  let results: Set<NodeID>
  /// What attentions keep for their gradients.
  private(set) var keptScores = KeptScores()

  /// Every access, once it is settled which views are copied.
  private var settled: [[Access]] = []

  init(_ graph: Graph, _ target: Target) {
    self.graph = graph
    shapes = graph.nodes.map(\.type.shape)
    computations = graph.ids.map { graph[$0].op.computation(graph.operandTypes($0)) }
    results = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
    readers = Array(repeating: [], count: graph.nodes.count)
    for value in results where isView(value) {
      copiedViews.insert(value)
    }
    for id in graph.ids { findCopies(id) }
    settled = graph.ids.map { id in
      isComputed(id) ? graph.nodes[id.index].operands.indices.map { find(id, $0) } : []
    }
    for id in graph.ids where isComputed(id) {
      for base in Set(bases(id)) { readers[base.index].append(id) }
    }
    keptScores = KeptScores(self, target)
  }

  /// Lets all who read `id` read `base` instead, at the places that `map` says, which may lie
  /// beyond it; false where that is not affine.
  mutating func readThrough(_ id: NodeID, _ map: ViewMap, of base: NodeID) -> Bool {
    var settled = settled
    for reader in readers[id.index] {
      for operand in settled[reader.index].indices where settled[reader.index][operand].base == id {
        guard
          let access = settled[reader.index][operand].through(
            map, of: shape(id), from: base, over: readDomain(reader, operand))
        else { return false }
        settled[reader.index][operand] = access
      }
    }
    self.settled = settled
    let others = readers[base.index].filter { $0 != id }
    readers[base.index] = others + readers[id.index].filter { !others.contains($0) }
    readers[id.index] = []
    return true
  }

  func isView(_ id: NodeID) -> Bool {
    if case .view = computations[id.index] { return true }
    return false
  }

  func isSource(_ id: NodeID) -> Bool { computations[id.index] == .source }

  /// Whether some kernel computes the node: not a source, nor a view that is read through.
  func isComputed(_ id: NodeID) -> Bool {
    !isSource(id) && (!isView(id) || copiedViews.contains(id))
  }

  func shape(_ id: NodeID) -> Shape { shapes[id.index] }
  private let shapes: [Shape]

  /// The access of one operand of a node, over the domain in which the node reads it.
  func access(_ id: NodeID, _ operand: Int) -> Access {
    settled.isEmpty ? find(id, operand) : settled[id.index][operand]
  }

  private func find(_ id: NodeID, _ operand: Int) -> Access {
    if isView(id) { return viewAccess(id) }
    let domain = readDomain(id, operand)
    if case .contraction(_, let a, let b) = computations[id.index] {
      return follow(
        Access(operand == 0 ? a : b, of: graph[id].operands[operand]), over: domain)
    }
    return resolve(graph[id].operands[operand], over: domain)
  }

  /// Follows views from `value` to the buffer that is read.
  private func resolve(_ value: NodeID, over domain: Shape) -> Access {
    follow(Access(dense: value, shape(value), over: domain), over: domain)
  }

  private func follow(_ start: Access, over domain: Shape) -> Access {
    var access = start
    while case .view(let map) = computations[access.base.index],
      !copiedViews.contains(access.base)
    {
      guard
        let next = access.through(
          map, of: shape(access.base), from: graph.nodes[access.base.index].operands[0],
          over: domain)
      else { return access }
      access = next
    }
    return access
  }

  /// Marks the views which reading the node's operands cannot see through.
  private mutating func findCopies(_ id: NodeID) {
    if isView(id) && !copiedViews.contains(id) { return }
    for operand in graph.nodes[id.index].operands.indices where reads(id, operand) {
      let access = self.access(id, operand)
      if isView(access.base) && !copiedViews.contains(access.base) {
        copiedViews.insert(access.base)
        // The copy itself reads its operand, through the views before it.
        findCopies(access.base)
      }
      let value = graph[id].operands[operand]
      if isView(value), !copiedViews.contains(value), !isReadable(id, operand) {
        copiedViews.insert(value)
        findCopies(value)
      }
    }
  }

  /// False for an operand that lends nothing but its shape.
  func reads(_ id: NodeID, _ operand: Int) -> Bool {
    if case .random = computations[id.index] { return operand == 0 }
    return true
  }

  /// Whether the kernel of the node can read the operand where it lies.
  private func isReadable(_ id: NodeID, _ operand: Int) -> Bool {
    let (access, domain) = (access(id, operand), readDomain(id, operand))
    switch computations[id.index] {
    // The kernels of gather and scatter take whole rows of a dense table.
    case .gather, .random: return access.isIdentity(over: domain)
    // What is scattered into may be one value everywhere.
    case .scatterAdd, .scatter:
      return access.isIdentity(over: domain) || operand == 0 && access.isOneElement
    case .attention: return operand > 2 || access.hasRows(over: domain)
    case .attentionGradient: return operand > 3 || access.hasRows(over: domain)
    case .reduce(_, let axes):
      guard let split = ReductionForm(axes: axes, of: domain).rowSplit else { return true }
      // Sums along rows count their columns as one axis.
      return Tiling.collapses(Array(domain.dims[split...]), [Array(access.strides[split...])])
    case .rows, .argReduce, .scan, .linearScan, .argSort, .view, .map, .contraction,
      .concatenate, .pad, .pool, .iota, .source:
      return true
    }
  }

  /// The index space in which a node reads an operand.
  func readDomain(_ id: NodeID, _ operand: Int) -> Shape {
    let shape = shape(id)
    if case .map = computations[id.index] { return shape }
    let own = self.shape(graph.nodes[id.index].operands[operand])
    switch computations[id.index] {
    case .contraction(let reduced, _, _): return Shape(shape.dims + reduced)
    // A mask is broadcast to the scores.
    case .attention where operand == 3: return attentionSizes(id).scores
    case .attentionGradient where operand == 4: return attentionSizes(id).scores
    default: return isView(id) ? shape : own
    }
  }

  /// The sizes of an attention or of its gradient.
  func attentionSizes(_ id: NodeID) -> AttentionSizes {
    let types = graph.operandTypes(id)
    guard let sizes = try? AttentionSizes(q: types[0], k: types[1], v: types[2]) else {
      preconditionFailure("not an attention")
    }
    return sizes
  }

  /// The buffers the node reads, one an operand that it reads.
  func bases(_ id: NodeID) -> [NodeID] {
    graph.nodes[id.index].operands.indices.filter { reads(id, $0) }.map { operand in
      access(id, operand).base
    }
  }

  /// For a view that is copied: where its elements come from, over its own shape.
  private func viewAccess(_ id: NodeID) -> Access {
    guard case .view(let map) = computations[id.index] else { preconditionFailure("not a view") }
    let shape = shape(id)
    var access = Access(dense: id, shape, over: shape)
    access.base = graph[id].operands[0]
    access.offset = map.offset
    access.strides = map.strides
    return follow(access, over: shape)
  }
}

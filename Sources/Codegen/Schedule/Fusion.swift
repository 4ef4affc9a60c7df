import GraphIR

/// Groups the computed nodes of a graph into kernels, greedily in execution order.
///
/// A node may join any kernel that is not before one of its operands' kernels, so the order in
/// which kernels are made is always an order in which they can run.
struct Fusion {
  let lowered: LoweredGraph
  private(set) var kernels: [Kernel] = []
  /// The kernel that computes each node.
  private(set) var home: [Int?]
  private var latest: [Shape: Int] = [:]
  private var scalars: Set<NodeID> = []
  /// Elementwise nodes of sources alone, which go into the kernel of their first reader.
  private var deferred: Set<NodeID> = []
  /// The last kernel there was when a `recompute` node was reached: what reads it comes no earlier.
  private var barriers: [NodeID: Int] = [:]

  init(_ lowered: LoweredGraph) {
    self.lowered = lowered
    home = Array(repeating: nil, count: lowered.graph.nodes.count)
    // Scalars of the step (learning rate, bias corrections) come first, so that no kernel waits.
    for id in lowered.graph.ids
    where lowered.isComputed(id) && (lowered.shape(id).count == 1 || isTable(id)) {
      if dependsOnSourcesOnly(id) {
        scalars.insert(id)
        place(id)
      }
    }
    for id in lowered.graph.ids where home[id.index] == nil {
      if lowered.graph[id].op is Recompute { barriers[id] = kernels.count - 1 }
      guard lowered.isComputed(id) else { continue }
      if dependsOnSourcesOnly(id) { deferred.insert(id) } else { place(id) }
    }
    for id in deferred.sorted() where deferred.contains(id) { place(id) }
    sink()
    dropEmpty()
  }

  /// Whether the node is indices that other shapes read, so that no reader's tile can hold them.
  private func isTable(_ id: NodeID) -> Bool {
    guard case .iota = lowered.computations[id.index] else { return false }
    let shape = lowered.shape(id)
    return lowered.readers[id.index].contains { lowered.shape($0) != shape }
  }

  private func dependsOnSourcesOnly(_ id: NodeID) -> Bool {
    switch lowered.computations[id.index] {
    case .map, .iota:
      return lowered.bases(id).allSatisfy {
        lowered.isSource($0) || deferred.contains($0) || scalars.contains($0)
      }
    default: return false
    }
  }

  /// Settles the deferred nodes that `id` reads: those of its own shape, read element by element,
  /// are returned, to go where `id` goes; others get a kernel now.
  private mutating func settleDeferred(_ id: NodeID) -> [NodeID] {
    var (companions, others) = deferredOperands(id)
    // Others first, and then anew: one of them may read what would have been a companion.
    while !others.isEmpty {
      for other in others where deferred.contains(other) { place(other) }
      (companions, others) = deferredOperands(id)
    }
    deferred.subtract(companions)
    return companions
  }

  /// The deferred nodes that may go where `id` goes, operands first, and those that may not.
  private func deferredOperands(_ id: NodeID) -> (companions: [NodeID], others: [NodeID]) {
    var seen: Set<NodeID> = []
    var others: [NodeID] = []
    func followers(_ id: NodeID) -> [NodeID] {
      var companions: [NodeID] = []
      var isMap = false
      if case .map = lowered.computations[id.index] { isMap = true }
      for operand in lowered.graph.nodes[id.index].operands.indices
      where lowered.reads(id, operand) {
        let access = lowered.access(id, operand)
        guard deferred.contains(access.base), seen.insert(access.base).inserted else { continue }
        if isMap, lowered.shape(access.base) == lowered.shape(id),
          access.isIdentity(over: lowered.shape(id)), companions.count < 32
        {
          companions += followers(access.base) + [access.base]
        } else {
          others.append(access.base)
        }
      }
      return companions
    }
    return (followers(id), others)
  }

  private mutating func place(_ id: NodeID) {
    deferred.remove(id)
    let companions = settleDeferred(id)
    let producers = ([id] + companions).flatMap { lowered.bases($0) }
      .compactMap { base in home[base.index].map { (base, $0) } }
    let barrier = lowered.graph[id].operands.compactMap { barriers[$0] }.max() ?? 0
    let earliest = max(producers.map(\.1).max() ?? 0, barrier)
    var boundaries: [Kernel.Boundary] = []
    for candidate in candidates(id, from: earliest) {
      if let reason = obstacle(companions + [id], joining: candidate) {
        if let producer = producers.first(where: { $0.1 == candidate }) {
          boundaries.append(.init(node: id, operand: producer.0, reason: reason))
        }
        continue
      }
      for companion in companions { join(companion, candidate) }
      join(id, candidate)
      return
    }
    for companion in companions { place(companion) }
    if !companions.isEmpty { return place(id) }
    var kernel = start(id)
    kernel.boundaries = boundaries
    kernels.append(kernel)
    home[id.index] = kernels.count - 1
    if kernel.kind != .single { latest[kernel.domain] = kernels.count - 1 }
  }

  /// Kernels the node may join, best first: its producers', then the last of its own shape.
  private func candidates(_ id: NodeID, from earliest: Int) -> [Int] {
    guard !kernels.isEmpty else { return [] }
    var candidates = [earliest]
    if let other = latest[lowered.shape(id)], other > earliest { candidates.append(other) }
    if case .reduce = lowered.computations[id.index],
      let other = latest[lowered.readDomain(id, 0)], other > earliest
    {
      candidates.append(other)
    }
    return candidates
  }

  /// A kernel of the node's own.
  private func start(_ id: NodeID) -> Kernel {
    switch lowered.computations[id.index] {
    case .map, .view, .iota:
      return Kernel(kind: .loop, domain: lowered.shape(id), nodes: [id])
    case .rows:
      let domain = lowered.shape(id)
      return Kernel(kind: .loop, domain: domain, nodes: [id], split: domain.rank - 1)
    case .contraction where lowered.graph.nodes[id.index].type.dtype.isFloat:
      return Kernel(kind: .contraction, domain: lowered.shape(id), nodes: [id])
    case .reduce(_, let axes):
      let form = ReductionForm(axes: axes, of: lowered.readDomain(id, 0))
      if let split = form.rowSplit {
        return Kernel(
          kind: .loop, domain: lowered.readDomain(id, 0), nodes: [id], split: split)
      }
      return Kernel(kind: .columnReduction, domain: lowered.shape(id), nodes: [id])
    default:
      return Kernel(kind: .single, domain: lowered.shape(id), nodes: [id])
    }
  }

  private mutating func join(_ id: NodeID, _ kernel: Int) {
    kernels[kernel].nodes.append(id)
    home[id.index] = kernel
    if case .reduce(_, let axes) = lowered.computations[id.index] {
      let form = ReductionForm(axes: axes, of: lowered.readDomain(id, 0))
      if let split = form.rowSplit {
        kernels[kernel].split = split
      } else {
        kernels[kernel].columnRows = form.axes
      }
    } else if case .rows = lowered.computations[id.index] {
      kernels[kernel].split = lowered.shape(id).rank - 1
    }
  }

  private func obstacle(_ ids: [NodeID], joining index: Int) -> String? {
    for id in ids {
      if let reason = obstacle(id, joining: index) { return reason }
    }
    return nil
  }

  /// Why the node cannot be computed in the kernel's tiles; nil when it can.
  private func obstacle(_ id: NodeID, joining index: Int) -> String? {
    let kernel = kernels[index]
    if kernel.kind == .single {
      return "\(lowered.graph[kernel.nodes[0]].op.name) has a loop nest of its own"
    }
    guard kernel.nodes.count < Fusion.maximumNodes else { return "the kernel is full" }
    let role: TileRole
    switch lowered.computations[id.index] {
    case .map, .view, .iota:
      if lowered.shape(id) == kernel.domain {
        role = .full
      } else if kernel.isResident, kernel.isRowShape(lowered.shape(id)) {
        role = .row
      } else {
        return "shape \(lowered.shape(id)) is not the kernel's \(kernel.domain)"
      }
    case .reduce(_, let axes):
      guard kernel.kind == .loop else { return "a tile does not hold whole rows" }
      let domain = lowered.readDomain(id, 0)
      guard domain == kernel.domain else {
        return "reduces \(domain), not the kernel's \(kernel.domain)"
      }
      let form = ReductionForm(axes: axes, of: domain)
      guard let split = form.rowSplit else { return columnObstacle(id, form.axes, kernel) }
      guard kernel.split == nil || kernel.split == split,
        kernel.columnRows.map({ $0.upperBound == split }) ?? true
      else { return "reduces other axes than the kernel" }
      guard columnsCollapse(id, domain, split),
        kernel.nodes.allSatisfy({
          columnsCollapse($0, domain, split)
        })
      else { return "a row is not one run of memory" }
      role = .full
    case .rows:
      let domain = lowered.shape(id)
      guard kernel.kind == .loop, domain == kernel.domain,
        kernel.split == nil || kernel.split == domain.rank - 1,
        kernel.columnRows.map({ $0.upperBound == domain.rank - 1 }) ?? true
      else { return "a tile does not hold whole rows of \(domain)" }
      role = .full
    default:
      return "\(lowered.graph[id].op.name) has a loop nest of its own"
    }
    if let split = kernel.split, role == .full, !columnsCollapse(id, kernel.domain, split) {
      return "a row of an operand is not one run of memory"
    }
    if let rows = kernel.columnRows, role == .full, !collapses(id, rows, kernel.domain) {
      return "rows or columns of an operand are not one run of memory"
    }
    return operandObstacle(id, index, role)
  }

  /// Why a reduction down columns cannot be computed in a loop over what it reduces.
  private func columnObstacle(_ id: NodeID, _ rows: Range<Int>, _ kernel: Kernel) -> String? {
    let access = lowered.access(id, 0)
    guard kernel.isResident, kernel.columnRows == nil || kernel.columnRows == rows,
      kernel.split == nil || kernel.split == rows.upperBound
    else { return "reduces other axes than the kernel" }
    guard
      kernel.nodes.contains(where: { $0 == access.base || lowered.bases($0).contains(access.base) })
    else { return "shares no operand with the kernel" }
    guard collapses(id, rows, kernel.domain),
      kernel.nodes.allSatisfy({ collapses($0, rows, kernel.domain) })
    else { return "rows or columns are not one run of memory" }
    if kernel.nodes.contains(access.base) {
      if kernel.role(of: access.base, lowered) != .full || !access.isIdentity(over: kernel.domain) {
        return "\(access.base) is read at other places than it is computed"
      }
    }
    return nil
  }

  /// Whether rows and columns are one axis each to every operand of a node.
  private func collapses(_ id: NodeID, _ rows: Range<Int>, _ domain: Shape) -> Bool {
    guard lowered.shape(id) == domain || lowered.isReduction(id) else { return true }
    return lowered.graph.nodes[id.index].operands.indices.allSatisfy { operand in
      guard lowered.reads(id, operand) else { return true }
      let strides = lowered.access(id, operand).strides
      return [rows, rows.upperBound..<domain.rank].allSatisfy { range in
        Tiling.collapses(Array(domain.dims[range]), [Array(strides[range])])
      }
    }
  }

  private func operandObstacle(_ id: NodeID, _ index: Int, _ role: TileRole) -> String? {
    let kernel = kernels[index]
    for operand in lowered.graph.nodes[id.index].operands.indices where lowered.reads(id, operand) {
      let access = lowered.access(id, operand)
      guard home[access.base.index] == index else { continue }
      let name = "\(access.base)"
      if kernel.role(of: access.base, lowered) == .column {
        return "\(name) is not known until the kernel has run"
      }
      let isRow = kernel.role(of: access.base, lowered) == .row
      switch role {
      case .full where isRow:
        guard kernel.isResident else { return "rows are too long to keep until \(name) is known" }
        guard access.isRowValue(over: kernel.domain, split: kernel.split ?? 0) else {
          return "\(name) is not read row by row"
        }
      case .full:
        guard access.isIdentity(over: kernel.domain) else {
          return "\(name) is read at other places than it is computed"
        }
      case .row:
        guard isRow, access.isIdentity(over: lowered.shape(id)) else {
          return "\(name) is read at other places than it is computed"
        }
      case .column: return nil
      }
    }
    return nil
  }

  /// Whether the columns of a row are one run of memory in every operand of a full node.
  private func columnsCollapse(_ id: NodeID, _ domain: Shape, _ split: Int) -> Bool {
    guard lowered.graph.nodes[id.index].type.shape == domain || lowered.isReduction(id) else {
      return true
    }
    return lowered.graph.nodes[id.index].operands.indices.allSatisfy { operand in
      let strides = lowered.access(id, operand).strides
      return Tiling.collapses(Array(domain.dims[split...]), [Array(strides[split...])])
    }
  }

  /// Moves elementwise nodes into the one kernel that reads them, where what they read is in memory
  /// anyway: one buffer less.
  private mutating func sink() {
    for id in lowered.graph.ids.reversed() {
      guard let from = home[id.index], let to = onlyReader(id), canSink(id, from, to) else {
        continue
      }
      kernels[from].nodes.removeAll { $0 == id }
      home[id.index] = to
      let first = kernels[to].kind == .loop ? 0 : 1
      let place = kernels[to].nodes[first...].firstIndex { $0 > id } ?? kernels[to].nodes.count
      kernels[to].nodes.insert(id, at: place)
    }
  }

  private func onlyReader(_ id: NodeID) -> Int? {
    guard !lowered.isResult(id), let first = lowered.readers[id.index].first,
      let to = home[first.index], lowered.readers[id.index].allSatisfy({ home[$0.index] == to })
    else { return nil }
    return to
  }

  private func canSink(_ id: NodeID, _ from: Int, _ to: Int) -> Bool {
    let kernel = kernels[to]
    guard from != to, kernels[from].kind != .single, kernel.kind != .single,
      kernels[from].kind == .loop || kernels[from].nodes[0] != id,
      lowered.shape(id) == kernel.domain, kernel.nodes.count < Fusion.maximumNodes
    else { return false }
    switch lowered.computations[id.index] {
    case .map, .iota: break
    default: return false
    }
    for reader in lowered.readers[id.index] {
      if kernel.kind != .loop, reader == kernel.nodes[0] { return false }
      for operand in lowered.graph.nodes[reader.index].operands.indices {
        let access = lowered.access(reader, operand)
        guard access.base == id else { continue }
        if !access.isIdentity(over: kernel.domain) { return false }
        if lowered.readDomain(reader, operand) != kernel.domain { return false }
      }
    }
    if let split = kernel.split, !columnsCollapse(id, kernel.domain, split) { return false }
    if let rows = kernel.columnRows, !collapses(id, rows, kernel.domain) { return false }
    return lowered.bases(id).allSatisfy { base in
      lowered.isSource(base) || home[base.index] != from || lowered.isResult(base)
        || lowered.readers[base.index].contains { $0 != id && home[$0.index] != from }
    }
  }

  /// Removes kernels whose nodes have all gone elsewhere.
  private mutating func dropEmpty() {
    var place = [Int](repeating: 0, count: kernels.count)
    var kept: [Kernel] = []
    for (index, kernel) in kernels.enumerated() {
      place[index] = kept.count
      if !kernel.nodes.isEmpty { kept.append(kernel) }
    }
    kernels = kept
    home = home.map { $0.map { place[$0] } }
  }

  /// More nodes than this make a function nobody reads.
  static let maximumNodes = 256
}

extension Kernel {
  /// Whether a node of this shape has one value a row.
  func isRowShape(_ shape: Shape) -> Bool {
    guard let split else { return false }
    let kept = Array(domain.dims[..<split])
    let ones = Array(repeating: 1, count: domain.rank - split)
    return shape.dims == kept || shape.dims == kept + ones
  }

  /// Whether a node of this kernel has an element a place of the domain or one a row.
  func role(of id: NodeID, _ lowered: LoweredGraph) -> TileRole {
    if kind == .loop, case .reduce(_, let axes) = lowered.computations[id.index] {
      let form = ReductionForm(axes: axes, of: lowered.readDomain(id, 0))
      return form.rowSplit == nil ? .column : .row
    }
    return lowered.shape(id) == domain ? .full : .row
  }
}

extension LoweredGraph {
  func isReduction(_ id: NodeID) -> Bool {
    if case .reduce = computations[id.index] { return true }
    return false
  }

  /// Whether the node is an output of the graph or a variable's new value.
  func isResult(_ id: NodeID) -> Bool { results.contains(id) }
}

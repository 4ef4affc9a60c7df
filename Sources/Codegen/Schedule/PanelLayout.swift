import GraphIR

/// How a matrix lies in memory for the product's kernel: panels of `width` columns one after
/// another, each with all rows. Element (r, c) of [rows, columns] is element
/// (c / width * rows + r) * width + c % width; the last panel has room for `width` columns, too.
/// All axes but the last count rows.
///
/// A weight lives so for the whole training: no step packs it, the tile that the optimizer updates
/// is one run of memory, and only who asks for the weight sees rows again. So does a value that one
/// product's tiles write and other products read, the gradient of a layer's output for one.
public struct PanelLayout: Hashable, Sendable {
  public let width: Int

  /// Elements that a matrix of this shape takes.
  public func count(_ shape: Shape) -> Int {
    let (rows, columns) = shape.matrix
    return rows * ((columns + width - 1) / width) * width
  }
}

extension Shape {
  /// Rows and columns, all axes but the last counting rows.
  var matrix: (rows: Int, columns: Int) {
    (dims.dropLast().reduce(1, *), dims.last ?? 1)
  }
}

extension KernelSchedule {
  /// Decides which matrices lie in panels: those that products read as their right side, as they
  /// are or transposed, or as their left side, and that else are read and written tile by tile in a
  /// product's kernel, or added up down their columns.
  mutating func layPanels(_ target: Target, _ state: StateLayout) {
    var candidates = variables(target, state)
    for (id, layout) in values(target) { candidates[id] = layout }
    for kernel in kernels where !candidates.isEmpty {
      for id in refused(by: kernel, candidates, target) { candidates[id] = nil }
    }
    // Panels must spare somebody the packing of a value, or be better than rows that lie so far
    // apart that they crowd a cache.
    var packed: Set<NodeID> = []
    for kernel in kernels where kernel.kind == .contraction {
      let form = form(of: kernel)
      if form.columns.b == 1 { packed.insert(form.b.base) }
    }
    panels = candidates.filter { id, _ in
      let (op, type) = (lowered.graph[id].op, lowered.graph[id].type)
      return op is Variable || packed.contains(id)
        || type.shape.matrix.columns * type.dtype.size % ContractionPlan.setStride == 0
    }
  }

  /// The layout of a value that lies in panels: a variable, or what is computed in its place, or
  /// another.
  func panels(of id: NodeID) -> PanelLayout? { panels[inPlace[id] ?? id] }

  /// The variables that may lie in panels as far as their own sizes go.
  private func variables(_ target: Target, _ state: StateLayout) -> [NodeID: PanelLayout] {
    let shown = Set(lowered.graph.outputs.map(\.value))
    let isCopied = Set(copied.map(\.variable))
    var candidates: [NodeID: PanelLayout] = [:]
    for (id, variable) in lowered.graph.variables {
      let type = variable.type
      guard type.shape.rank == 2, let layout = layout(of: type, target),
        let entry = state[variable.key], !isCopied.contains(id), !shown.contains(id),
        layout.count(type.shape) * type.dtype.size <= entry.capacity
      else { continue }
      candidates[id] = layout
    }
    for value in shown { inPlace[value].map { candidates[$0] = nil } }
    return candidates
  }

  /// The values between kernels that may: those a product's tiles write.
  private func values(_ target: Target) -> [NodeID: PanelLayout] {
    var candidates: [NodeID: PanelLayout] = [:]
    for kernel in kernels where kernel.kind == .contraction {
      for id in kernel.nodes
      where isStored(id) && inPlace[id] == nil && !lowered.isResult(id) {
        candidates[id] = layout(of: lowered.graph[id].type, target)
      }
    }
    return candidates
  }

  private func layout(of type: TensorType, _ target: Target) -> PanelLayout? {
    guard type.shape.rank >= 2, type.dtype.isFloat else { return nil }
    let layout = PanelLayout(width: ContractionPlan.widestPanel(target.tile(type.dtype)))
    return type.shape.matrix.columns > layout.width ? layout : nil
  }

  /// The candidates that a kernel must have in rows.
  private func refused(
    by kernel: Kernel, _ candidates: [NodeID: PanelLayout], _ target: Target
  ) -> [NodeID] {
    var form: ContractionForm?
    var refused: [NodeID] = []
    for id in kernel.nodes {
      let read = lowered.graph[id].operands.indices.filter { lowered.reads(id, $0) }
        .map { (lowered.access(id, $0).base, $0 as Int?) }
      for (value, operand) in [(id, nil)] + read {
        let place = inPlace[value] ?? value
        guard let layout = candidates[place] else { continue }
        let shape = lowered.shape(place)
        let isFine: Bool
        switch kernel.kind {
        case .contraction:
          let present = form ?? self.form(of: kernel)
          form = present
          if let operand, id == kernel.nodes[0] {
            isFine = present.canRead(
              layout, of: shape, operand, target, lowered.graph[id].type.dtype)
          } else {
            let isOwn =
              operand.map { lowered.access(id, $0).isIdentity(over: kernel.domain) } ?? true
            isFine =
              isOwn && shape == kernel.domain && lowered.shape(id) == kernel.domain
              && present.hasTiles(of: layout, target, lowered.graph[kernel.nodes[0]].type.dtype)
          }
        case .columnReduction:
          isFine =
            operand != nil && id == kernel.nodes[0]
            && ColumnReduction(id, lowered).isDownColumns(of: shape)
        case .loop, .single:
          isFine = false
        }
        if !isFine { refused.append(place) }
      }
    }
    return refused
  }

  /// The product of a kernel, its rows being one axis only where they are to all it reads.
  private func form(of kernel: Kernel) -> ContractionForm {
    var accesses: [[Int]] = []
    for id in kernel.nodes.dropFirst() {
      if case .iota(let axis) = lowered.computations[id.index] {
        accesses.append(kernel.domain.dims.indices.map { $0 == axis ? 1 : 0 })
      }
      for operand in lowered.graph[id].operands.indices where lowered.reads(id, operand) {
        let strides = lowered.access(id, operand).strides
        if strides.count == kernel.domain.rank { accesses.append(strides) }
      }
    }
    return ContractionForm(kernel.nodes[0], lowered, accesses: accesses)
  }
}

extension ContractionForm {
  /// Whether the product can read a matrix in panels.
  fileprivate func canRead(
    _ layout: PanelLayout, of shape: Shape, _ operand: Int, _ target: Target, _ dtype: DType
  ) -> Bool {
    let isLeft = a.operand == operand
    guard a.base != b.base, (isLeft ? a : b).offset == 0, batch.isEmpty, columns.axes.count <= 1,
      reduced.count == 1, ContractionPlan.fastest(self, target, dtype).split == nil
    else { return false }
    let (sum, matrix) = (reduced[0], shape.matrix)
    func isInPieces(_ plan: ContractionPlan) -> Bool {
      plan.loops.allSatisfy { sum.size % $0.step == 0 && $0.step % layout.width == 0 }
    }
    if isLeft {
      let plan = ContractionPlan(self, target, dtype, left: layout)
      return outerRows.isEmpty && columns.size > 1 && rows.size == matrix.rows
        && rows.a == matrix.columns && sum.size == matrix.columns && sum.a == 1
        && (plan.loops.isEmpty || sum.size % layout.width == 0 && isInPieces(plan))
    }
    if columns.b == 1 {
      return columns.size == matrix.columns && sum.size == matrix.rows && sum.b == matrix.columns
    }
    return columns.size == matrix.rows && columns.b == matrix.columns && sum.size == matrix.columns
      && sum.b == 1 && isInPieces(ContractionPlan(self, target, dtype))
  }

  /// Whether a tile of the result lies within one panel.
  fileprivate func hasTiles(of layout: PanelLayout, _ target: Target, _ dtype: DType) -> Bool {
    let plan = ContractionPlan.fastest(self, target, dtype)
    return plan.split == nil && batch.isEmpty && outerRows.isEmpty && plan.run == nil
      && columns.axes.count == 1 && plan.panel == layout.width
  }
}

extension ColumnReduction {
  /// Whether it adds up all rows of a matrix.
  fileprivate func isDownColumns(of shape: Shape) -> Bool {
    let (rows, columns) = shape.matrix
    return offset == 0 && kept.last == 1 && kept.dropLast().allSatisfy { $0 == 0 }
      && reduced.count == 1 && reduced[0].size == rows
      && (rows == 1 || reduced[0].stride == columns)
  }
}

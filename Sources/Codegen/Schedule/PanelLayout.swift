import GraphIR

/// How a matrix lies in memory for the product's kernel: panels of `width` columns one after
/// another, each with all rows. Element (r, c) of [rows, columns] is element
/// (c / width * rows + r) * width + c % width; the last panel has room for `width` columns, too.
///
/// A weight lives so for the whole training: no step packs it, the tile that the optimizer updates
/// is one run of memory, and only who asks for the weight sees rows again.
public struct PanelLayout: Hashable, Sendable {
  public let width: Int

  /// Elements that a matrix of this shape takes.
  public func count(_ shape: Shape) -> Int { shape[0] * ((shape[1] + width - 1) / width) * width }
}

extension KernelSchedule {
  /// Decides which variables lie in panels: matrices that products read as their right side, as
  /// they are or transposed, and that else are read and written tile by tile in a gradient's kernel.
  mutating func layPanels(_ target: Target, _ state: StateLayout) {
    let graph = lowered.graph
    let shown = Set(graph.outputs.map(\.value))
    let isCopied = Set(copied.map(\.variable))
    var candidates: [NodeID: PanelLayout] = [:]
    for (id, variable) in graph.variables {
      let type = variable.type
      guard type.shape.rank == 2, type.dtype.isFloat, let entry = state[variable.key] else {
        continue
      }
      let layout = PanelLayout(
        width: ContractionPlan.widestPanel(target.tile(type.dtype)))
      guard type.shape[1] > layout.width, !isCopied.contains(id), !shown.contains(id),
        layout.count(type.shape) * type.dtype.size <= entry.capacity
      else { continue }
      candidates[id] = layout
    }
    for value in shown { inPlace[value].map { candidates[$0] = nil } }
    for kernel in kernels where !candidates.isEmpty {
      for id in refused(by: kernel, candidates, target) { candidates[id] = nil }
    }
    panels = candidates
  }

  /// The layout of a value that lies in panels: a variable, or what is computed in its place.
  func panels(of id: NodeID) -> PanelLayout? { panels[inPlace[id] ?? id] }

  /// The candidates that a kernel must have in rows.
  private func refused(
    by kernel: Kernel, _ candidates: [NodeID: PanelLayout], _ target: Target
  ) -> [NodeID] {
    var plan: ContractionPlan?
    var refused: [NodeID] = []
    for id in kernel.nodes {
      let written = inPlace[id].map { [($0, nil as Int?)] } ?? []
      let read = lowered.graph[id].operands.indices.filter { lowered.reads(id, $0) }
        .map { (lowered.access(id, $0).base, $0 as Int?) }
      for (variable, operand) in written + read {
        guard let layout = candidates[variable] else { continue }
        guard kernel.kind == .contraction else {
          refused.append(variable)
          continue
        }
        let present = plan ?? self.plan(kernel, target)
        plan = present
        let isFine: Bool
        if let operand, id == kernel.nodes[0] {
          isFine = present.canRead(layout, of: lowered.shape(variable), operand)
        } else {
          let isOwn = operand.map { lowered.access(id, $0).isIdentity(over: kernel.domain) } ?? true
          isFine =
            isOwn && lowered.shape(variable) == kernel.domain && lowered.shape(id) == kernel.domain
            && present.hasTiles(of: layout)
        }
        if !isFine { refused.append(variable) }
      }
    }
    return refused
  }
}

extension KernelSchedule {
  private func plan(_ kernel: Kernel, _ target: Target) -> ContractionPlan {
    let dtype = lowered.graph[kernel.nodes[0]].type.dtype
    return .fastest(ContractionForm(kernel.nodes[0], lowered), target, dtype)
  }
}

extension ContractionPlan {
  /// Whether the product can read a matrix in panels as its right side.
  fileprivate func canRead(_ layout: PanelLayout, of shape: Shape, _ operand: Int) -> Bool {
    guard split == nil, form.b.operand == operand, form.a.base != form.b.base, form.b.offset == 0,
      form.batch.isEmpty, form.columns.axes.count <= 1, form.reduced.count == 1
    else { return false }
    let (columns, sum) = (form.columns, form.reduced[0])
    if columns.b == 1 {
      return columns.size == shape[1] && sum.size == shape[0] && sum.b == shape[1]
    }
    return columns.size == shape[0] && columns.b == shape[1] && sum.size == shape[1] && sum.b == 1
      && loops.allSatisfy { sum.size % $0.step == 0 && $0.step % layout.width == 0 }
  }

  /// Whether a tile of the result lies within one panel.
  fileprivate func hasTiles(of layout: PanelLayout) -> Bool {
    split == nil && form.batch.isEmpty && form.outerRows.isEmpty && run == nil
      && form.rows.axes == [0] && form.columns.axes == [1] && panel == layout.width
  }
}

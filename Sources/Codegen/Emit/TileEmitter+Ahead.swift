import GraphIR

// The memory that a product brings near while it multiplies.

/// Rows of memory, in C: where they are, and how far apart, how many and how long they are, in bytes.
struct AheadRegion {
  let place: String
  let stride: Int
  let rows: String
  let bytes: String

  /// Fills the list that the variable `name` is with what will be read and what written.
  static func write(
    _ name: String, read: [AheadRegion], written: [AheadRegion] = [],
    _ context: inout ModuleContext
  ) {
    let regions = read + written
    for (index, region) in regions.enumerated() {
      context.writer.line("\(name).at[\(index)] = \(region.place);")
      context.writer.line(
        "\(name).stride[\(index)] = \(region.stride), \(name).rows[\(index)] = \(region.rows), "
          + "\(name).bytes[\(index)] = \(region.bytes);")
    }
    context.writer.line(
      "\(name).regions = \(regions.count), \(name).reads = \(read.count);")
  }
}

extension TileEmitter {
  /// Bytes from which on a value is likelier in a far cache than in a near one.
  static let farBytes = 64 * 1024
  /// Regions that one list may have.
  private static let mostRegions = 6

  /// What a product should bring near: before the last piece of the sum what the next piece reads,
  /// and at the end what `last` names.
  mutating func ahead(
    _ plan: ContractionPlan, _ last: String?, _ a: String, _ context: inout ModuleContext
  ) -> String? {
    guard let loop = plan.loops.first else { return last }
    let regions = following(plan, a, context)
    guard !regions.isEmpty || last != nil else { return nil }
    if !regions.isEmpty {
      AheadRegion.write("following", read: regions, &context)
      readsAhead = true
    }
    let before = regions.isEmpty ? "0" : "&following"
    return "k0 + \(loop.step) >= \(loop.axis.size) ? \(last ?? "0") : \(before)"
  }

  /// Names the memory that the product should have brought near when it is done: what is large of
  /// what it and the rest of the tile's program write and read. Lines that are written come from
  /// far away too, and a core has room for few stores that wait.
  mutating func nameAhead(_ plan: ContractionPlan, _ context: inout ModuleContext) -> String? {
    let next = panelNext(plan, context) + rowsNext(plan, &context)
    var places: Set<String> = []
    /// A region of a value, if it is large and not among those named before: a value may be
    /// overwritten in the place of one that is read.
    func region(_ base: NodeID, _ find: () -> TileOperand) -> AheadRegion? {
      let type = context.graph[base].type
      guard next.count + places.count < Self.mostRegions, type.byteCount >= Self.farBytes,
        type.dtype.size == program.root?.type.size
      else { return nil }
      let usedBefore = used
      let tile = find()
      let name = context.name(base)
      let start = context.graph[base].op is Constant ? name : context.place(base)
      let place = start + tile.pointer.dropFirst(name.count)
      guard tile.rowStride != 0, tile.columnStride == 1, places.insert(place).inserted else {
        used = usedBefore
        return nil
      }
      let size = tile.dtype.size
      return AheadRegion(
        place: tile.pointer, stride: tile.rowStride * size, rows: "rows", bytes: "cols * \(size)")
    }
    let instructions = program.instructions.filter { $0.shape == .full }
    let root = program.root.map { [$0.result] } ?? []
    let written = (root + instructions.flatMap { [$0.result] + $0.otherResults })
      .filter { program.slots[$0] == nil }
      .compactMap { id in region(id) { place(id, context) } }
    let sources = (program.root?.start.map { [$0] } ?? []) + instructions.flatMap(\.sources)
    let read = sources.compactMap { source -> AheadRegion? in
      guard case .memory(let base, _, _) = source else { return nil }
      return region(base) { operand(source, &context) }
    }
    guard !(next + read + written).isEmpty else { return nil }
    AheadRegion.write("ahead", read: next + read, written: written, &context)
    usesAhead = true
    return "&ahead"
  }

  /// Of the panel at the same place of the next block, a share for each block of rows; at first all
  /// of the panel beside, which is needed right behind this one. Another core may have written it, and
  /// packing would wait for line after line.
  private mutating func panelNext(
    _ plan: ContractionPlan, _ context: ModuleContext
  ) -> [AheadRegion] {
    let (form, steps, blocks) = (plan.form, plan.inner[2], plan.rowTilesPerGroup)
    guard plan.isPackedOnce || plan.isDirect && plan.panels != nil && plan.loops.isEmpty,
      plan.winograd == nil, form.batch.isEmpty, plan.unitsPerPanel == blocks,
      plan.inner[0].size * plan.inner[1].size == 1,
      context.graph[form.b.base].type.byteCount >= Self.farBytes
    else { return [] }
    let panels = blocks == 1 ? 1 : plan.blockPanels
    guard tiling.columnTiles > panels, let panel = panelLines(plan) else { return [] }
    let (beside, lines, stride, length) = panel
    let share = Tiling.tiles(lines, blocks)
    var shift = "\(panels * beside)"
    let isGrouped = plan.rowGroups > 1
    let unit = isGrouped ? "unit % \(plan.unitsPerGroup)" : "unit"
    var rows = "\(unit) + \(panels * blocks) < \(plan.unitsPerGroup) ? \(share) : 0"
    if blocks > 1 {
      used.insert("r")
      let block = "r / \(tiling.tileRows)" + (isGrouped ? " % \(blocks)" : "")
      shift += " + \(block) * \(share * stride)"
    }
    if blocks > 1, panels > 1 {
      shift = "(unit - \(panels) < \(context.firstUnit) ? \(beside) : \(shift))"
      rows = "unit - \(panels) < \(context.firstUnit) ? \(lines) : \(rows)"
    }
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    return [
      AheadRegion(
        place: "\(packSource) + \(shift)", stride: stride * size, rows: rows,
        bytes: "\(length * size)")
    ]
  }

  /// Where a panel of B lies before it is packed or read, in elements: how far the one beside is, and
  /// its lines of memory, how far apart and how long they are; nil where no line is longer than one.
  private func panelLines(
    _ plan: ContractionPlan
  ) -> (beside: Int, lines: Int, stride: Int, length: Int)? {
    let (steps, columns, width) = (plan.inner[2], plan.form.columns, plan.panel)
    if plan.isDirect {
      return (width * steps.size, Tiling.tiles(steps.size, width), width * width, width * width)
    }
    if let panels = plan.panels {
      let lines = Tiling.tiles(steps.size, panels.width)
      return (width * panels.width, lines, tiling.columns * panels.width, width * panels.width)
    }
    if columns.b == 1 { return (width, steps.size, steps.b, width) }
    return steps.b == 1 ? (width * columns.b, width, columns.b, steps.size) : nil
  }

  /// Of the next rows of a transposed left side, while a thread goes through its first block of
  /// panels, a share of the sum's steps for each panel. Rows that lie side by side the product's
  /// kernel asks for itself.
  private mutating func rowsNext(
    _ plan: ContractionPlan, _ context: inout ModuleContext
  ) -> [AheadRegion] {
    let (form, steps, blocks) = (plan.form, plan.inner[2], tiling.rowTiles)
    guard plan.loops.isEmpty, plan.winograd == nil, plan.split == nil, form.batch.isEmpty,
      form.rows.a == 1, plan.unitsPerPanel == blocks, blocks > 1,
      plan.inner[0].size * plan.inner[1].size == 1,
      context.graph[form.a.base].type.byteCount >= Self.farBytes
    else { return [] }
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    let (share, height) = (Tiling.tiles(steps.size, plan.blockPanels), tiling.tileRows)
    let place = CSyntax.sum(
      [(addressA(plan, &context), 1)] + (plan.blockPanels > 1 ? [("p", share * steps.a)] : []),
      constant: height)
    let isFirst = "unit - \(plan.blockPanels * blocks) < \(context.firstUnit)"
    return [
      AheadRegion(
        place: place, stride: steps.a * size,
        rows: "\(isFirst) && r + \(height) < \(tiling.rows) ? \(share) : 0",
        bytes: "\(height * size)")
    ]
  }

  /// Where a piece of the sum serves a run of panels: the panel that will be packed next, the one
  /// beside or the first one of the next piece, and of the left side's next piece as many lines as
  /// there are for each panel.
  private func following(
    _ plan: ContractionPlan, _ a: String, _ context: ModuleContext
  ) -> [AheadRegion] {
    guard plan.loops.count == 1, plan.takesRuns, plan.inner[0].size * plan.inner[1].size == 1
    else { return [] }
    let (form, loop, steps) = (plan.form, plan.loops[0], plan.inner[2])
    func isFar(_ id: NodeID) -> Bool { context.graph[id].type.byteCount >= Self.farBytes }
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    var regions: [AheadRegion] = []
    if !plan.isDirect, isFar(form.b.base), let panel = panelLines(plan) {
      // To the first panel of the next piece of the sum.
      let below = loop.step * (plan.panels == nil ? loop.axis.b : tiling.columns)
      let back = "(c - first) / \(plan.panel) * \(panel.beside)"
      regions.append(
        AheadRegion(
          place: "\(packSource) + (c + \(plan.panel) < last ? "
            + "\(panel.beside) : \(below) - \(back))",
          stride: panel.stride * size, rows: "\(panel.lines)", bytes: "\(panel.length * size)"))
    }
    if let copy = plan.copy, isFar(form.a.base) {
      let (lines, stride, bytes) =
        copy.isByStep
        ? (steps.size, steps.a, "rows * \(size)")
        : (tiling.tileRows, form.rows.a, "\(steps.size * size)")
      let some = Tiling.tiles(lines, plan.blockPanels)
      let place = CSyntax.sum(
        [(a, 1), ("(c - first) / \(plan.panel)", some * stride)],
        constant: loop.step * loop.axis.a)
      regions.append(
        AheadRegion(
          place: place, stride: stride * size, rows: "\(some)", bytes: bytes))
    }
    return regions
  }
}

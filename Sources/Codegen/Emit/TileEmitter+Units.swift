// The loop over a contraction's units: which rows and which panel of columns a unit is.

extension TileEmitter {
  /// The head of the loop over a thread's units.
  static func loop(_ plan: ContractionPlan?) -> String {
    plan?.takesRuns == true
      ? "for (long unit = begin, next; unit < end; unit = next) {"
      : "for (long unit = begin; unit < end; ++unit) {"
  }

  /// Opens what is around a tile: the unit's place, and its panel, packed where it is not yet.
  mutating func openUnit(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    let place = place(of: plan, &context)
    guard plan.isPackedOnce else { return }
    let isOnlyOnce = plan.unitsPerPanel <= 1
    if !isOnlyOnce {
      // The units with this panel follow each other at a distance of the block's panels.
      let isNew = "unit - \(place.panels) < \(context.firstUnit)"
      context.writer.open("if (\(isNew) || \(place.row) == 0) {")
    }
    pack(plan, "&pack", &context)
    if !isOnlyOnce { context.writer.close() }
  }

  /// Opens the loop over a unit's run of panels.
  func openRun(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    guard plan.takesRuns else { return }
    context.writer.open("for (long c = first; c < last; c += \(plan.panel)) {")
    columns(plan, &context)
  }

  func closeRun(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    if plan.takesRuns { context.writer.close() }
  }

  /// `r`, `rows`, the outer indices, and the unit's columns; returns how many panels the block has
  /// and which of the units with one panel it is.
  private func place(
    of plan: ContractionPlan, _ context: inout ModuleContext
  ) -> (panels: String, row: String) {
    var source = ("unit", plan.units, 1)
    /// The next digit of the unit's number, whose base is `count`.
    func take(_ count: Int) -> String {
      let (name, total, divisor) = source
      source.2 *= max(1, count)
      let quotient = divisor == 1 ? name : "\(name) / \(divisor)"
      return source.2 == total ? quotient : "\(quotient) % \(max(1, count))"
    }
    func outer(_ range: Range<Int>) {
      for index in range.reversed() where plan.tiling.sizes[index] > 1 {
        let value = take(plan.tiling.sizes[index])
        if used.contains("i\(index)") { context.writer.line("const long i\(index) = \(value);") }
      }
    }
    let (panels, blocks) = (plan.blockPanels, plan.columnBlocks)
    let unitsPerBlock = panels * plan.unitsPerPanel
    let isRagged = blocks > 1 && plan.lastPanels != panels
    var width = "\(panels)"
    if isRagged {
      let isOneGroup = plan.units == plan.unitsPerGroup
      let inGroup = isOneGroup ? "unit" : "unit % \(plan.unitsPerGroup)"
      context.writer.line("const long block = \(inGroup) / \(unitsPerBlock);")
      context.writer.line(
        "const long panels = block == \(blocks - 1) ? \(plan.lastPanels) : \(panels);")
      context.writer.line("const long in_block = \(inGroup) % \(unitsPerBlock);")
      width = "panels"
    }
    if panels > 1 {
      let digit = isRagged ? "in_block % panels" : take(panels)
      context.writer.line("const long p = \(digit);")
    }
    if isRagged { source = ("in_block / panels", plan.unitsPerPanel, 1) }
    let row = take(plan.unitsPerPanel)
    if isRagged { source.2 = 1 } else { source.2 /= max(1, plan.unitsPerPanel) }

    let size = tiling.rows
    let tiles = plan.rowTilesPerGroup
    var tile = tiles > 1 ? [take(tiles)] : []
    if plan.rowGroups > 1 {
      let group = "unit / \(plan.unitsPerGroup)"
      tile.insert(tiles > 1 ? "\(group) * \(tiles)" : group, at: 0)
    }
    let sum = tile.joined(separator: " + ")
    let first = tile.isEmpty ? "0" : "\(tile.count > 1 ? "(\(sum))" : sum) * \(tiling.tileRows)"
    let whole = tiling.rowTiles > 1 && size % tiling.tileRows != 0
    if tiling.rowTiles > 1, whole || used.contains("r") {
      context.writer.line("const long r = \(first);")
    }
    context.writer.line(
      "const long rows = "
        + (whole
          ? "r + \(tiling.tileRows) <= \(size) ? \(tiling.tileRows) : \(size) - r;"
          : "\(tiling.rowTiles > 1 ? tiling.tileRows : size);"))
    let batch = plan.form.batch.count
    outer(batch..<tiling.sizes.count - 2)
    var block = "block"
    if isRagged {
      source = ("unit", plan.units, plan.unitsPerGroup)
    } else {
      block = blocks > 1 ? take(blocks) : "0"
    }
    place(of: plan, block, width, &context)
    outer(0..<batch)
    return (width, row)
  }

  /// The unit's panel, or its run of panels up to the end of the block or of the thread's share.
  private func place(
    of plan: ContractionPlan, _ block: String, _ panels: String, _ context: inout ModuleContext
  ) {
    guard tiling.columnTiles > 1 else {
      context.writer.line("const long cols = \(tiling.columns);")
      return
    }
    let index =
      plan.blockPanels == 1
      ? block
      : block == "0" ? "p" : "(\(block) * \(plan.blockPanels) + p)"
    guard plan.takesRuns else {
      context.writer.line("const long c = \(index) * \(plan.panel);")
      columns(plan, &context)
      return
    }
    context.writer.line("const long first = \(index) * \(plan.panel);")
    context.writer.line(
      "next = end - unit < \(panels) - p ? end : unit + \(panels) - p;")
    let last = "first + (next - unit) * \(plan.panel)"
    context.writer.line(
      tiling.columns % plan.panel == 0
        ? "const long last = \(last);"
        : "const long last = \(last) <= \(tiling.columns) ? \(last) : \(tiling.columns);")
  }

  private func columns(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    let (size, tile) = (tiling.columns, plan.panel)
    context.writer.line(
      size % tile == 0
        ? "const long cols = \(tile);"
        : "const long cols = c + \(tile) <= \(size) ? \(tile) : \(size) - c;")
  }
}

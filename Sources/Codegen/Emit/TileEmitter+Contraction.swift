import GraphIR

// The kernel of a contraction: packing, the product of a tile, and the loops around both.

extension TileEmitter {
  /// Bytes of a thread's packed panels.
  func packBytes(_ context: ModuleContext) -> Int {
    guard let plan = program.contraction, !plan.isDirect else { return 0 }
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    let panels = max(1, plan.panelDepth) * plan.panel * plan.panelsKept
    return MemoryPlan.aligned(panels * size) + (plan.copiedStep ?? 0) * plan.panelDepth * size
  }

  /// The copy of A lies behind the panels.
  private func copyPlace(_ plan: ContractionPlan) -> String {
    "panel + \((max(1, plan.panelDepth) * plan.panel * plan.panelsKept + 15) / 16 * 16)"
  }

  /// Opens what is around a tile: the unit's place, its panels, and a loop over them.
  mutating func openPanels(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    place(of: plan, &context)
    if plan.isPackedOnce {
      let perPanel = max(1, plan.unitsPerPanel)
      if plan.units > 1 {
        context.writer.open(
          perPanel == 1 ? "{" : "if (unit == begin || unit % \(perPanel) == 0) {")
      }
      openColumns(plan, &context)
      pack(plan, packSource, "&k\(position)_pack", &context)
      closeColumns(plan, &context)
      if plan.units > 1 { context.writer.close() }
    }
    if plan.loops.isEmpty { openColumns(plan, &context) }
  }

  func closePanels(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    if plan.loops.isEmpty { closeColumns(plan, &context) }
  }

  func closeColumns(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    if plan.tiling.columnTiles > 1, plan.block > plan.panel { context.writer.close() }
  }

  /// `r`, `rows`, the outer indices, and the unit's block of columns.
  private func place(of plan: ContractionPlan, _ context: inout ModuleContext) {
    var divisor = 1
    let units = plan.units
    func take(_ count: Int) -> String {
      let quotient = divisor == 1 ? "unit" : "unit / \(divisor)"
      divisor *= max(1, count)
      return divisor == units ? quotient : "\(quotient) % \(count)"
    }
    func outer(_ range: Range<Int>) {
      for index in range.reversed() where plan.tiling.sizes[index] > 1 {
        let value = take(plan.tiling.sizes[index])
        if used.contains("i\(index)") { context.writer.line("const long i\(index) = \(value);") }
      }
    }
    let size = tiling.rows
    let first = tiling.rowTiles > 1 ? "\(take(tiling.rowTiles)) * \(tiling.tileRows)" : "0"
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
    if tiling.columnTiles > 1 {
      let blocks = plan.columnBlocks
      let first = blocks > 1 ? "\(take(blocks)) * \(plan.block)" : "0"
      if plan.block > plan.panel {
        let last =
          blocks == 1
          ? "\(tiling.columns)"
          : tiling.columns % plan.block == 0
            ? "first + \(plan.block)"
            : "first + \(plan.block) <= \(tiling.columns) ? first + \(plan.block) : \(tiling.columns)"
        context.writer.line("const long first = \(first), last = \(last);")
      } else {
        context.writer.line("const long c = \(first);")
        columns(plan, &context)
      }
    } else {
      context.writer.line("const long cols = \(tiling.columns);")
    }
    outer(0..<batch)
  }

  private func openColumns(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    guard tiling.columnTiles > 1, plan.block > plan.panel else { return }
    context.writer.open("for (long c = first; c < last; c += \(plan.panel)) {")
    columns(plan, &context)
  }

  private func columns(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    let (size, tile) = (tiling.columns, plan.panel)
    context.writer.line(
      size % tile == 0
        ? "const long cols = \(tile);"
        : "const long cols = c + \(tile) <= \(size) ? \(tile) : \(size) - c;")
  }

  private func panelPlace(_ plan: ContractionPlan) -> String {
    plan.panelsKept > 1 ? "panel + (c - first) * \(plan.panelDepth)" : "panel"
  }

  private func pack(
    _ plan: ContractionPlan, _ source: String, _ shape: String, _ context: inout ModuleContext
  ) {
    let dtype = context.graph[kernel.nodes[0]].type.dtype
    context.call(
      "dlc_brpack_b_\(CSyntax.suffix(dtype))",
      [
        .init(type: "const dlc_pack_shape *", text: shape), .long("cols"),
        .out(dtype, panelPlace(plan)), .reading(dtype, source),
      ])
  }

  /// The product of one tile, in pieces where the sum is long.
  mutating func product(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    guard let root = program.root else { return }
    let dtype = root.type
    comment(root.nodes, &context)
    let result = place(root.result, context)
    let start = root.start.map { operand($0, &context) }
    var shift: [(String, Int, Int)] = []
    var isLast: [String] = []
    for (index, loop) in plan.loops.enumerated() {
      let k = "k\(index)"
      context.writer.open(
        "for (long \(k) = 0; \(k) < \(loop.axis.size); \(k) += \(loop.step)) {")
      shift.append((k, loop.axis.a, loop.axis.b))
      if loop.axis.size % loop.step != 0 {
        isLast.append("\(k) + \(loop.step) > \(loop.axis.size)")
      }
    }
    let rest = isLast.first
    let shapes = self.shapes(plan, result, isRest: false)
    preamble += shapes
    if rest != nil { preamble += self.shapes(plan, result, isRest: true) }
    func choose(_ name: String) -> String {
      let full = "&k\(position)_\(name)"
      return rest.map { "\($0) ? &k\(position)_\(name)_rest : \(full)" } ?? full
    }
    var a = addressA(plan, &context, shift.map { ($0.0, $0.1) })
    if let step = plan.copiedStep {
      let steps = shapeSteps(plan, rest)
      context.call(
        "dlc_copy_\(CSyntax.bits(dtype))",
        [
          .long(steps), .long("rows"), .outBits(copyPlace(plan)), .long(step), .long(1),
          .readingBits(a), .long(plan.inner[2].a), .long(1),
        ])
      a = copyPlace(plan)
    }
    if !plan.loops.isEmpty { openColumns(plan, &context) }
    packSource = addressB(plan, &context, shift.map { ($0.0, $0.2) })
    if !plan.isDirect, !plan.isPackedOnce { pack(plan, packSource, choose("pack"), &context) }
    let b = plan.isDirect ? packSource : panelPlace(plan)
    let suffix = CSyntax.suffix(dtype)
    let operands: [ModuleContext.Argument] = [
      .init(type: "const dlc_gemm_shape *", text: choose("gemm")),
      .long(plan.run.map { "rows / \($0)" } ?? "1"), .long(plan.run.map(String.init) ?? "rows"),
      .long("cols"), .reading(dtype, a), .reading(dtype, b),
    ]
    let ahead = ahead(plan, &context)
    let isLater = plan.loops.indices.map { "k\($0)" }.joined(separator: " | ")
    if start != nil || root.hasReLU || ahead != nil {
      // A sum in pieces goes on from where it is.
      let from = isLater.isEmpty ? start : result
      let pointer = from.map { isLater.isEmpty ? $0.pointer : "(\(isLater)) ? \($0.pointer) : 0" }
      let step = from?.rowStride ?? 0
      context.call(
        "dlc_brgemm_add_\(suffix)",
        operands + [
          .reading(dtype, pointer ?? "0"), .long(step * (plan.run ?? 0)), .long(step),
          .out(dtype, result.pointer), .flag(root.hasReLU ? "1" : "0"),
          .init(type: "const dlc_ahead *", text: ahead ?? "0"),
        ])
    } else {
      context.call(
        "dlc_brgemm_\(suffix)",
        operands + [
          .out(dtype, result.pointer), .flag(isLater.isEmpty ? "0" : "(\(isLater)) != 0"),
        ])
    }
    guard !plan.loops.isEmpty else { return }
    closeColumns(plan, &context)
    for _ in plan.loops { context.writer.close() }
    if !program.instructions.isEmpty { openColumns(plan, &context) }
  }

  /// Steps of the sum in the present piece.
  private func shapeSteps(_ plan: ContractionPlan, _ isRest: String?) -> String {
    let whole = plan.inner[2].size
    guard let isRest, let loop = plan.loops.last else { return "\(whole)" }
    return "\(isRest) ? \(loop.axis.size % loop.step) : \(whole)"
  }

  /// The constants that say where the product's numbers are.
  private func shapes(_ plan: ContractionPlan, _ result: TileOperand, isRest: Bool) -> [String] {
    var k = plan.inner.map(\.size)
    if isRest, let loop = plan.loops.last(where: { $0.axis.size % $0.step != 0 }),
      let place = plan.inner.firstIndex(where: { $0.axes == loop.axis.axes && !$0.axes.isEmpty })
    {
      k[place] = loop.axis.size % loop.step
    }
    let width = plan.panel
    let strideB =
      plan.isDirect ? plan.inner.map(\.b) : [k[1] * k[2] * width, k[2] * width, width]
    let form = plan.form
    let outerRow = plan.run == nil ? (0, 0) : (form.outerRows.last!.a, plan.run! * result.rowStride)
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
    let suffix = isRest ? "_rest" : ""
    var lines = [
      "static const dlc_gemm_shape k\(position)_gemm\(suffix) = {",
      "  \(list(k)), /* steps of the sum */",
      "  \(list(plan.copiedStep.map { [0, 0, $0] } ?? plan.inner.map(\.a))), /* strides of A */",
      "  \(list(strideB)), /* strides of B */",
      "  \(outerRow.0), \(outerRow.1), \(form.rows.a), \(result.rowStride) /* rows of A and C */",
      "};",
    ]
    if !plan.isDirect {
      lines += [
        "static const dlc_pack_shape k\(position)_pack\(suffix) = {",
        "  \(list(k)), \(list(plan.inner.map(\.b))), \(form.columns.b), \(width)", "};",
      ]
    }
    return lines
  }

  // MARK: - What will be needed

  /// Bytes from which on a value is likelier in a far cache than in a near one.
  private static let farBytes = 256 * 1024

  /// Names the memory that the product should have brought near when it is done: what is large of
  /// what it and the rest of the tile's program write and read. Lines that are written come from
  /// far away too, and a core has room for few stores that wait.
  private mutating func ahead(_ plan: ContractionPlan, _ context: inout ModuleContext) -> String? {
    var regions: [TileOperand] = []
    func add(_ base: NodeID, _ find: () -> TileOperand) {
      let type = context.graph[base].type
      guard regions.count < 6, type.byteCount >= Self.farBytes,
        type.dtype.size == program.root?.type.size
      else { return }
      let usedBefore = used
      let region = find()
      if region.rowStride != 0, region.columnStride == 1, !regions.contains(region) {
        regions.append(region)
      } else {
        used = usedBefore
      }
    }
    let written = program.root.map { [$0.result] } ?? []
    for instruction in program.instructions where instruction.shape == .full {
      for case .memory(let base, let offset, let strides) in instruction.sources {
        add(base) { operand(.memory(base, offset: offset, strides: strides), &context) }
      }
    }
    let results = program.instructions.filter { $0.shape == .full }
      .flatMap { [$0.result] + $0.otherResults }
    // What is overwritten in place has been read.
    for id in written + results
    where program.slots[id] == nil && context.schedule.inPlace[id] == nil {
      add(id) { place(id, context) }
    }
    guard !regions.isEmpty else { return nil }
    let size = regions[0].dtype.size
    for (index, region) in regions.enumerated() {
      context.writer.line("ahead.at[\(index)] = \(region.pointer);")
      context.writer.line("ahead.stride[\(index)] = \(region.rowStride * size);")
    }
    context.writer.line("ahead.regions = \(regions.count);")
    context.writer.line("ahead.rows = rows;")
    context.writer.line("ahead.bytes = cols * \(size);")
    usesAhead = true
    // Of a sum in pieces, the last one is soon enough.
    return plan.loops.first.map { loop in
      "k0 + \(loop.step) >= \(loop.axis.size) ? &ahead : 0"
    } ?? "&ahead"
  }

  // MARK: - Operands

  private mutating func addressA(
    _ plan: ContractionPlan, _ context: inout ModuleContext, _ shift: [(String, Int)]
  ) -> String {
    var terms = outerTerms(context.name(plan.form.a.base), plan, plan.form.strides.a)
    if tiling.rowTiles > 1 {
      let outer = plan.form.outerRows.last?.a ?? 0
      terms.append(plan.run.map { ("r / \($0)", outer) } ?? ("r", plan.form.rows.a))
      if terms[terms.count - 1].1 != 0 { used.insert("r") }
    }
    return CSyntax.sum(terms + shift, constant: plan.form.a.offset)
  }

  private mutating func addressB(
    _ plan: ContractionPlan, _ context: inout ModuleContext, _ shift: [(String, Int)]
  ) -> String {
    var terms = outerTerms(context.name(plan.form.b.base), plan, plan.form.strides.b)
    if tiling.columnTiles > 1 { terms.append(("c", plan.form.columns.b)) }
    return CSyntax.sum(terms + shift, constant: plan.form.b.offset)
  }

  private mutating func outerTerms(_ base: String, _ plan: ContractionPlan, _ strides: [Int])
    -> [(String, Int)]
  {
    used.insert(base)
    var terms = [(base, 1)]
    for group in 0..<tiling.sizes.count - 2 where tiling.sizes[group] > 1 {
      let stride = tiling.stride(strides, group)
      if stride == 0 { continue }
      used.insert("i\(group)")
      terms.append(("i\(group)", stride))
    }
    return terms
  }
}

extension ContractionPlan {
  /// Tiles of a unit that are not complete before the last piece of the sum.
  var tilesKept: Int { loops.isEmpty ? 1 : Tiling.tiles(block, panel) }

  /// Panels that are packed at a time.
  var panelsKept: Int { loops.isEmpty ? Tiling.tiles(block, panel) : 1 }

  /// Whether the panels are packed before the tiles that use them, and not piece by piece.
  var isPackedOnce: Bool { !isDirect && loops.isEmpty }
}

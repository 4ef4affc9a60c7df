import GraphIR

// The memory that a product brings near while it multiplies.

/// Rows of memory, in C: where they are, and how far apart, how many and how long they are, in bytes.
struct AheadRegion {
  let place: String
  let stride: Int
  let rows: String
  let bytes: String

  /// Fills the list that the variable `name` is with `regions`.
  static func write(
    _ name: String, _ regions: [AheadRegion], isRead: Bool, _ context: inout ModuleContext
  ) {
    for (index, region) in regions.enumerated() {
      context.writer.line("\(name).at[\(index)] = \(region.place);")
      context.writer.line(
        "\(name).stride[\(index)] = \(region.stride), \(name).rows[\(index)] = \(region.rows), "
          + "\(name).bytes[\(index)] = \(region.bytes);")
    }
    context.writer.line(
      "\(name).regions = \(regions.count), \(name).is_read = \(isRead ? 1 : 0);")
  }
}

extension TileEmitter {
  /// Bytes from which on a value is likelier in a far cache than in a near one.
  static let farBytes = 256 * 1024
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
      AheadRegion.write("following", regions, isRead: true, &context)
      readsAhead = true
    }
    let before = regions.isEmpty ? "0" : "&following"
    return "k0 + \(loop.step) >= \(loop.axis.size) ? \(last ?? "0") : \(before)"
  }

  /// Names the memory that the product should have brought near when it is done: what is large of
  /// what it and the rest of the tile's program write and read. Lines that are written come from
  /// far away too, and a core has room for few stores that wait.
  mutating func nameAhead(_ plan: ContractionPlan, _ context: inout ModuleContext) -> String? {
    var regions: [TileOperand] = []
    var places: Set<String> = []
    // A value may be overwritten in the place of one that has been read: that memory is near.
    func add(_ base: NodeID, _ find: () -> TileOperand) {
      let type = context.graph[base].type
      guard regions.count < Self.mostRegions, type.byteCount >= Self.farBytes,
        type.dtype.size == program.root?.type.size
      else { return }
      let usedBefore = used
      let region = find()
      let name = context.name(base)
      let start = context.graph[base].op is Constant ? name : context.place(base)
      let place = start + region.pointer.dropFirst(name.count)
      if region.rowStride != 0, region.columnStride == 1, places.insert(place).inserted {
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
    for id in written + results where program.slots[id] == nil {
      add(id) { place(id, context) }
    }
    guard !regions.isEmpty else { return nil }
    let size = regions[0].dtype.size
    let rows = regions.map {
      AheadRegion(
        place: $0.pointer, stride: $0.rowStride * size, rows: "rows", bytes: "cols * \(size)")
    }
    AheadRegion.write("ahead", rows, isRead: false, &context)
    usesAhead = true
    return "&ahead"
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
    /// `beside` and `below` are elements from a panel to the one beside, and from a piece to the next.
    func addB(_ beside: Int, _ below: Int, stride: Int, rows: String, bytes: String) {
      let back = "(c - first) / \(plan.panel) * \(beside)"
      let place = "\(packSource) + (c + \(plan.panel) < last ? \(beside) : \(below) - \(back))"
      regions.append(AheadRegion(place: place, stride: stride * size, rows: rows, bytes: bytes))
    }
    if plan.isDirect || !isFar(form.b.base) {
      // Nothing is packed, or it is near.
    } else if let width = plan.panels?.width {
      addB(
        plan.panel * width, loop.step * tiling.columns, stride: tiling.columns * width,
        rows: "\(steps.size / width)", bytes: "\(width * width * size)")
    } else if form.columns.b == 1 {
      addB(
        plan.panel, loop.step * loop.axis.b, stride: steps.b, rows: "\(steps.size)",
        bytes: "cols * \(size)")
    } else if steps.b == 1 {
      addB(
        plan.panel * form.columns.b, loop.step, stride: form.columns.b, rows: "cols",
        bytes: "\(steps.size * size)")
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

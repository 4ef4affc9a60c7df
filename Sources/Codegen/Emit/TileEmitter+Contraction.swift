import GraphIR

// The kernel of a contraction: packing, the product of a tile, and the loops around both.

extension TileEmitter {
  /// Bytes of a thread's packed panels.
  func packBytes(_ context: ModuleContext) -> Int {
    guard let plan = program.contraction else { return 0 }
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    let more =
      plan.copy?.elements ?? plan.winograd?.spareElements ?? plan.split?.spareElements ?? 0
    return MemoryPlan.aligned(plan.packedElements * size) + more * size
  }

  /// The copy of A, or what Winograd's kernels need, lies behind the panels.
  func sparePlace(_ plan: ContractionPlan) -> String {
    CSyntax.sum([("panel", 1)], constant: (plan.packedElements + 15) / 16 * 16)
  }

  func panelPlace(_ plan: ContractionPlan) -> String {
    plan.panelsKept > 1 ? "panel + p * \(plan.panelDepth * plan.panel)" : "panel"
  }

  /// Packs the present panel of B, with the constants of that name where it lies in rows.
  func pack(_ plan: ContractionPlan, _ shape: String, _ context: inout ModuleContext) {
    if let panels = plan.panels {
      pack(plan, from: panels, &context)
    } else if plan.winograd != nil {
      packWinograd(plan, &context)
    } else {
      pack(plan, packSource, shape, &context)
    }
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
    if let winograd = plan.winograd {
      return product(winograd, plan, result, start, &context)
    }
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
    constants += shapes
    if rest != nil { constants += self.shapes(plan, result, isRest: true) }
    func choose(_ name: String) -> String {
      let full = "&\(name)"
      return rest.map { "\($0) ? &\(name)_rest : \(full)" } ?? full
    }
    var a = addressA(plan, &context, shift.map { ($0.0, $0.1) })
    let sourceA = a
    if let copy = plan.copy {
      let steps = shapeSteps(plan, rest)
      let (lines, length, to, from) =
        copy.isByStep
        ? (steps, "rows", copy.step, plan.inner[2].a) : ("rows", steps, copy.row, plan.form.rows.a)
      context.call(
        "dlc_copy_\(CSyntax.bits(dtype))",
        [
          .long(lines), .long(length), .outBits(sparePlace(plan)), .long(to), .long(1),
          .readingBits(a), .long(from), .long(1),
        ])
      a = sparePlace(plan)
    }
    openRun(plan, &context)
    packSource = addressB(plan, &context, shift.map { ($0.0, $0.2) })
    if !plan.isDirect, !plan.isPackedOnce { pack(plan, choose("pack"), &context) }
    let b = plan.isDirect ? packSource : panelPlace(plan)
    let suffix = CSyntax.suffix(dtype)
    let rows: [ModuleContext.Argument] = [
      .init(type: "const dlc_gemm_shape *", text: choose("gemm")),
      .long(plan.run.map { "rows / \($0)" } ?? "1"), .long(plan.run.map(String.init) ?? "rows"),
    ]
    let operands = rows + [.long("cols"), .reading(dtype, a), .reading(dtype, b)]
    let isVector = plan.form.columns.size == 1
    let last = isVector ? nil : nameAhead(plan, &context)
    let ahead = isVector ? nil : ahead(plan, last, sourceA, &context)
    let isLater = plan.loops.indices.map { "k\($0)" }.joined(separator: " | ")
    // A sum in pieces goes on from where it is.
    let from = isLater.isEmpty ? start : result
    let pointer = from.map { isLater.isEmpty ? $0.pointer : "(\(isLater)) ? \($0.pointer) : 0" }
    let step = from?.rowStride ?? 0
    if isVector {
      context.call(
        "dlc_brgemv_\(suffix)",
        rows + [
          .reading(dtype, a), .reading(dtype, b), .reading(dtype, pointer ?? "0"),
          .long(step * (plan.run ?? 0)), .long(step), .out(dtype, result.pointer),
          .flag(root.hasReLU ? "1" : "0"),
        ])
    } else if plan.split != nil || start != nil || root.hasReLU || ahead != nil {
      let rest: [ModuleContext.Argument] = [
        .reading(dtype, pointer ?? "0"), .long(step * (plan.run ?? 0)), .long(step),
        .out(dtype, result.pointer), .flag(root.hasReLU && !plan.hasLastPanel ? "1" : "0"),
        .init(type: "const dlc_ahead *", text: ahead ?? "0"),
      ]
      if plan.split == nil {
        context.call("dlc_brgemm_add_\(suffix)", operands + rest)
      } else {
        context.call(
          "dlc_brgemm_bf16x3_f32",
          operands + [.long(plan.form.columns.b)] + rest + [.out(dtype, sparePlace(plan))])
      }
    } else {
      context.call(
        "dlc_brgemm_\(suffix)",
        operands + [
          .out(dtype, result.pointer), .flag(isLater.isEmpty ? "0" : "(\(isLater)) != 0"),
        ])
    }
    if let left = plan.left, plan.hasLastPanel {
      addLastPanel(left, plan, rows: Array(rows.dropFirst()), a, b, result, &context)
    }
    guard !plan.loops.isEmpty else { return }
    closeRun(plan, &context)
    for _ in plan.loops { context.writer.close() }
    if !program.instructions.isEmpty { openRun(plan, &context) }
  }

  /// Adds the products of A's last panel, which has fewer columns than the others.
  private mutating func addLastPanel(
    _ left: PanelLayout, _ plan: ContractionPlan, rows: [ModuleContext.Argument], _ a: String,
    _ b: String, _ result: TileOperand, _ context: inout ModuleContext
  ) {
    guard let root = program.root else { return }
    let whole = plan.inner[2].size / left.width * left.width
    let strideB = plan.stridesB(ofSums: plan.inner.map(\.size))[2]
    constants += [
      "static const dlc_gemm_shape gemm_last = {",
      "  1, 1, \(plan.inner[2].size - whole), 0, 0, 1, 0, 0, \(strideB),",
      "  0, 0, \(left.width), \(result.rowStride)", "};",
    ]
    context.call(
      "dlc_brgemm_add_\(CSyntax.suffix(root.type))",
      [.init(type: "const dlc_gemm_shape *", text: "&gemm_last")] + rows + [
        .long("cols"), .reading(root.type, "\(a) + \(whole * plan.form.rows.size)"),
        .reading(root.type, "\(b) + \(whole * strideB)"), .reading(root.type, result.pointer),
        .long(0), .long(result.rowStride), .out(root.type, result.pointer),
        .flag(root.hasReLU ? "1" : "0"), .init(type: "const dlc_ahead *", text: "0"),
      ])
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
    var strideB = plan.stridesB(ofSums: k)
    let form = plan.form
    let outerRow = plan.run == nil ? (0, 0) : (form.outerRows.last!.a, plan.run! * result.rowStride)
    let rowOfA = plan.left?.width ?? plan.copy?.row ?? form.rows.a
    var strideA = plan.copy.map { [0, 0, $0.step] } ?? plan.inner.map(\.a)
    let packed = k
    if let left = plan.left {
      k = [1, k[2] / left.width, left.width]
      strideA = [0, left.width * form.rows.size, 1]
      strideB = [0, left.width * strideB[2], strideB[2]]
    }
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
    let suffix = isRest ? "_rest" : ""
    var lines = [
      "static const dlc_gemm_shape gemm\(suffix) = {",
      "  \(list(k)), /* steps of the sum */",
      "  \(list(strideA)), /* strides of A */",
      "  \(list(strideB)), /* strides of B */",
      "  \(outerRow.0), \(outerRow.1), \(rowOfA), \(result.rowStride) /* rows of A and C */",
      "};",
    ]
    if !plan.isDirect, let panels = plan.panels {
      lines += packShapes(plan, panels)
    } else if !plan.isDirect {
      lines += [
        "static const dlc_pack_shape pack\(suffix) = {",
        "  \(list(packed)), \(list(plan.inner.map(\.b))), \(form.columns.b), \(width)", "};",
      ]
    }
    return lines
  }

  /// The constants that say how a matrix in panels is transposed: whole panels, then the last one
  /// where it has fewer columns.
  private func packShapes(_ plan: ContractionPlan, _ panels: PanelLayout) -> [String] {
    let (sum, width) = (plan.inner[2].size, panels.width)
    let (whole, rest) = (sum / width, sum % width)
    func shape(_ name: String, _ count: Int, _ columns: Int) -> [String] {
      [
        "static const dlc_pack_shape \(name) = {",
        "  1, \(count), \(columns), 0, \(tiling.columns * width), 1, \(width), \(plan.panel)", "};",
      ]
    }
    return shape("pack", whole, width) + (rest == 0 ? [] : shape("pack_last", 1, rest))
  }

  /// Packs from a matrix in panels: its rows are the product's columns.
  private func pack(
    _ plan: ContractionPlan, from panels: PanelLayout, _ context: inout ModuleContext
  ) {
    let whole = plan.inner[2].size / panels.width
    let last = plan.inner[2].size % panels.width
    let source = packSource
    pack(plan, source, "&pack", &context)
    guard last > 0 else { return }
    let dtype = context.graph[kernel.nodes[0]].type.dtype
    context.call(
      "dlc_brpack_b_\(CSyntax.suffix(dtype))",
      [
        .init(type: "const dlc_pack_shape *", text: "&pack_last"), .long("cols"),
        .out(dtype, "\(panelPlace(plan)) + \(whole * panels.width * plan.panel)"),
        .reading(dtype, "\(source) + \(whole * panels.width * tiling.columns)"),
      ])
  }

  // MARK: - Operands

  mutating func addressA(
    _ plan: ContractionPlan, _ context: inout ModuleContext, _ shift: [(String, Int)] = []
  ) -> String {
    if let left = plan.left {
      let base = context.name(plan.form.a.base)
      used.formUnion([base, "r"])
      return CSyntax.sum(
        [(base, 1)] + (tiling.rowTiles > 1 ? [("r", left.width)] : [])
          + shift.map { ($0.0, plan.form.rows.size) }, constant: 0)
    }
    var terms = outerTerms(context.name(plan.form.a.base), plan, plan.form.strides.a)
    if tiling.rowTiles > 1 {
      let outer = plan.form.outerRows.last?.a ?? 0
      terms.append(plan.run.map { ("r / \($0)", outer) } ?? ("r", plan.form.rows.a))
      if terms[terms.count - 1].1 != 0 { used.insert("r") }
    }
    return CSyntax.sum(terms + shift, constant: plan.form.a.offset)
  }

  mutating func addressB(
    _ plan: ContractionPlan, _ context: inout ModuleContext, _ shift: [(String, Int)] = []
  ) -> String {
    if let panels = plan.panels {
      let base = context.name(plan.form.b.base)
      used.insert(base)
      let step = plan.isDirect ? plan.form.depth : panels.width
      let piece = plan.isDirect ? panels.width : tiling.columns
      return CSyntax.sum(
        [(base, 1)] + (tiling.columnTiles > 1 ? [("c", step)] : []) + shift.map { ($0.0, piece) },
        constant: 0)
    }
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
  /// Whether a unit goes on through the panels that follow in its block, since pieces of the sum
  /// serve them all.
  var takesRuns: Bool { !loops.isEmpty && blockPanels > 1 }

  /// Tiles of a unit that are not complete before the last piece of the sum.
  var tilesKept: Int { takesRuns ? blockPanels : 1 }

  /// Panels that are packed at a time.
  var panelsKept: Int { loops.isEmpty ? blockPanels : 1 }

  /// Elements of those panels.
  var packedElements: Int { isDirect ? 0 : max(1, panelDepth) * panel * panelsKept }

  /// Whether A's last panel has fewer columns than the others, and a product of its own.
  var hasLastPanel: Bool { left.map { inner[2].size % $0.width != 0 } ?? false }

  /// Strides of B, as the product's kernel reads it, over the three sums of so many steps.
  func stridesB(ofSums k: [Int]) -> [Int] {
    isDirect && panels == nil
      ? inner.map(\.b) : [k[1] * k[2] * panel, k[2] * panel, panel]
  }

  /// Whether the panels are packed before the tiles that use them, and not piece by piece.
  var isPackedOnce: Bool { !isDirect && loops.isEmpty }
}

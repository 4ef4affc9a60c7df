import GraphIR

// The first node of a column reduction's kernel, before what is fused to it.

extension TileEmitter {
  mutating func columnReduction(_ context: inout ModuleContext) {
    let root = kernel.nodes[0]
    let dtype = context.graph[root].type.dtype
    let form = ColumnReduction(root, context.lowered)
    comment([root], &context)
    used.insert("cols")
    let result = place(root, context)
    var source = memory(context.name(form.base), form.kept, offset: form.offset, dtype)
    let panels = context.schedule.panels(of: form.base)
    let rows = form.reduced[form.reduced.count - 1]
    if panels != nil {
      source.pointer = CSyntax.sum(
        [(context.name(form.base), 1)] + (tiling.columnTiles > 1 ? [("c", rows.size)] : []),
        constant: 0)
    }
    let loops = form.reduced.dropLast()
    for (index, loop) in loops.enumerated() {
      context.writer.open("for (long j\(index) = 0; j\(index) < \(loop.size); ++j\(index))")
      source.pointer += " + j\(index) * \(loop.stride)"
    }
    let isFirst = loops.indices.map { "j\($0)" }.joined(separator: " | ")
    context.call(
      "dlc_\(form.reduction.rawValue)_cols_\(CSyntax.suffix(dtype))",
      [.long(rows.size), .long("cols"), .out(dtype, result.pointer)]
        + [.reading(dtype, source.pointer), .long(panels?.width ?? rows.stride)]
        + [.long(source.columnStride)]
        + [.flag(loops.isEmpty ? "0" : "(\(isFirst)) != 0")])
    for _ in loops { context.writer.dedent() }
  }
}

import GraphIR

/// Prints a tiled kernel: a loop over the thread's tiles, and in it the calls of the tile program.
struct TileEmitter {
  let program: TileProgram
  /// Whether threads take its work from each other.
  let isTaken: Bool
  var kernel: Kernel { program.kernel }
  var tiling: Tiling { program.tiling }
  /// Pointers and index variables that some call mentions.
  var used: Set<String> = []
  /// Constants of the function: how the kernels' operands lie.
  var constants: [String] = []
  /// Whether it names memory that will be needed.
  var usesAhead = false
  /// Whether it names the next panel of B.
  var readsAhead = false
  /// What a contraction packs before its tiles.
  var packSource = ""

  init(_ program: TileProgram, isTaken: Bool) {
    self.program = program
    self.isTaken = isTaken
  }

  mutating func emit(_ name: String, _ context: inout ModuleContext) -> KernelCall {
    context.function(name) { context in body(&context) }
  }

  private mutating func body(_ context: inout ModuleContext) {
    // The body first: it tells which pointers and indices there must be.
    var loop = CWriter()
    swap(&loop, &context.writer)
    if let plan = program.contraction { product(plan, &context) }
    if kernel.kind == .columnReduction { columnReduction(&context) }
    for instruction in program.instructions { emit(instruction, &context) }
    if let plan = program.contraction, !program.instructions.isEmpty { closeRun(plan, &context) }
    swap(&loop, &context.writer)

    for line in constants { context.writer.line(line) }
    declarations(&context)
    context.writer.line("long begin, end;")
    if usesAhead { context.writer.line("dlc_ahead ahead;") }
    if readsAhead { context.writer.line("dlc_ahead following;") }
    let units = program.contraction?.units ?? tiling.units
    context.openShare(units, isTaken: isTaken, run: program.contraction?.tilesKept ?? 1)
    context.writer.open(Self.loop(program.contraction))
    if let plan = program.contraction { openUnit(plan, &context) } else { indices(&context) }
    context.writer.append(loop)
    if kernel.columnRows != nil { context.writer.close() }
    context.writer.close()
    context.closeShare()
  }

  // MARK: - Head

  private func declarations(_ context: inout ModuleContext) {
    let members = Set(kernel.nodes)
    var declared: Set<NodeID> = []
    for id in kernel.nodes {
      for base in context.lowered.bases(id)
      where !members.contains(base) && used.contains("v\(base.index)") {
        if declared.insert(base).inserted { context.declare(base, isWritten: false) }
      }
    }
    for id in kernel.nodes {
      if context.memory.partial[id] != nil {
        context.declarePartial(id, isWritten: true)
      } else if used.contains("v\(id.index)") {
        context.declare(id, isWritten: true)
      }
    }
    let pack = packBytes(context)
    let bytes = program.slotBytes + pack
    guard bytes > 0 else { return }
    let tiles = kernel.nodes.filter { used.contains("t\($0.index)") }
    guard !tiles.isEmpty || pack > 0 else { return }
    context.declareScratch(MemoryPlan.aligned(bytes))
    for id in tiles {
      let slot = program.slots[id]!
      let type = CSyntax.type(context.graph[id].type.dtype)
      context.writer.line("\(type) *const t\(id.index) = (\(type) *)(scratch + \(slot));")
    }
    if pack > 0 {
      let type = CSyntax.type(context.graph[kernel.nodes[0]].type.dtype)
      context.writer.line("\(type) *const panel = (\(type) *)(scratch + \(program.slotBytes));")
    }
  }

  /// The tile's place: outer indices, first row and column, and how many of each.
  private func indices(_ context: inout ModuleContext) {
    var divisor = 1
    func take(_ count: Int) -> String {
      let quotient = divisor == 1 ? "unit" : "unit / \(divisor)"
      divisor *= count
      return divisor == tiling.units ? quotient : "\(quotient) % \(count)"
    }
    func start(_ name: String, _ size: Int, _ tile: Int, _ count: Int, _ length: String) {
      let first = count > 1 ? "\(take(count)) * \(tile)" : "0"
      if used.contains(name) || (count > 1 && size % tile != 0 && used.contains(length)) {
        context.writer.line("const long \(name) = \(first);")
      }
      guard used.contains(length) else { return }
      let whole = count > 1 && size % tile != 0
      let value =
        whole
        ? "\(name) + \(tile) <= \(size) ? \(tile) : \(size) - \(name)"
        : "\(count > 1 ? tile : size)"
      context.writer.line("const long \(length) = \(value);")
    }
    start("c", tiling.columns, tiling.tileColumns, tiling.columnTiles, "cols")
    if kernel.columnRows == nil {
      start("r", tiling.rows, tiling.tileRows, tiling.rowTiles, "rows")
    } else {
      let chunk = tiling.chunkTiles * tiling.tileRows
      let units = tiling.rowUnits
      context.writer.line(
        "const long start = \(units > 1 ? "\(take(units)) * \(chunk)" : "0");")
      let isEven = tiling.rows % chunk == 0
      context.writer.line(
        "const long stop = \(units == 1 ? "\(tiling.rows)" : isEven ? "start + \(chunk)" : "start + \(chunk) <= \(tiling.rows) ? start + \(chunk) : \(tiling.rows)");"
      )
    }
    for (index, size) in tiling.outer.enumerated().reversed() {
      let value = size <= 1 ? "0" : take(size)
      if used.contains("i\(index)") { context.writer.line("const long i\(index) = \(value);") }
    }
    if kernel.columnRows != nil {
      context.writer.open("for (long r = start; r < stop; r += \(tiling.tileRows)) {")
      if used.contains("rows") {
        context.writer.line(
          "const long rows = r + \(tiling.tileRows) <= stop ? \(tiling.tileRows) : stop - r;")
      }
    }
  }

  // MARK: - Operands

  /// `v5 + i0 * 4096 + r * 512 + c`, marking the index variables as used.
  mutating func address(_ base: String, _ strides: [Int], offset: Int = 0) -> String {
    used.insert(base)
    var terms = [(base, 1)]
    for group in tiling.sizes.indices {
      let stride = tiling.stride(strides, group)
      let name = indexName(group)
      if stride == 0 || tiling.isSingle(group) { continue }
      used.insert(name)
      terms.append((name, stride))
    }
    return CSyntax.sum(terms, constant: offset)
  }

  private func indexName(_ group: Int) -> String {
    let count = tiling.sizes.count
    return group == count - 1 ? "c" : group == count - 2 ? "r" : "i\(group)"
  }

  /// Where a value of this kernel is: stored, or in a tile.
  mutating func place(_ id: NodeID, _ context: ModuleContext) -> TileOperand {
    let dtype = context.graph[id].type.dtype
    let isRow = kernel.role(of: id, context.lowered) == .row
    if program.slots[id] != nil {
      used.insert("t\(id.index)")
      if let plan = program.contraction, plan.tilesKept > 1, id == program.root?.result {
        return TileOperand(
          pointer: "t\(id.index) + (c - first) * \(tiling.tileRows)",
          rowStride: program.slotStride, columnStride: 1, dtype: dtype)
      }
      return isRow
        ? TileOperand(pointer: "t\(id.index)", rowStride: 1, columnStride: 0, dtype: dtype)
        : TileOperand(
          pointer: "t\(id.index)", rowStride: program.slotStride, columnStride: 1, dtype: dtype)
    }
    if let panels = context.schedule.panels(of: id) {
      return tile(of: panels, "v\(id.index)", dtype)
    }
    var strides = kernel.domain.strides
    if isRow {
      let split = kernel.split ?? 0
      strides =
        kernel.rowShape.strides + Array(repeating: 0, count: kernel.domain.rank - split)
    }
    return memory("v\(id.index)", strides, offset: 0, dtype)
  }

  mutating func memory(_ base: String, _ strides: [Int], offset: Int, _ dtype: DType)
    -> TileOperand
  {
    let count = tiling.sizes.count
    return TileOperand(
      pointer: address(base, strides, offset: offset),
      rowStride: tiling.rows == 1 ? 0 : tiling.stride(strides, count - 2),
      columnStride: tiling.columns == 1 ? 0 : tiling.stride(strides, count - 1), dtype: dtype)
  }

  /// The tile of a matrix in panels: rows of one of them.
  private mutating func tile(
    of panels: PanelLayout, _ base: String, _ dtype: DType
  ) -> TileOperand {
    used.insert(base)
    var terms = [(base, 1)]
    if tiling.columnTiles > 1 { terms.append(("c", tiling.rows)) }
    if tiling.rowTiles > 1 { terms.append(("r", panels.width)) }
    used.formUnion(terms.dropFirst().map(\.0))
    return TileOperand(
      pointer: CSyntax.sum(terms, constant: 0), rowStride: panels.width, columnStride: 1,
      dtype: dtype)
  }

  mutating func operand(
    _ source: TileInstruction.Source, _ context: inout ModuleContext
  ) -> TileOperand {
    switch source {
    case .value(let id): return place(id, context)
    case .scalar(let id):
      return TileOperand(
        pointer: context.name(id), rowStride: 0, columnStride: 0,
        dtype: context.graph[id].type.dtype)
    case .memory(let base, let offset, let strides):
      if let panels = context.schedule.panels(of: base) {
        return tile(of: panels, context.name(base), context.graph[base].type.dtype)
      }
      return memory(
        context.name(base), strides, offset: offset, context.graph[base].type.dtype)
    }
  }

  // MARK: - Calls

  private mutating func emit(_ instruction: TileInstruction, _ context: inout ModuleContext) {
    comment([instruction.result] + instruction.otherResults, &context)
    let name = "dlc_\(instruction.name)_\(instruction.suffix)"
    if instruction.name == "adam" { return adam(name, instruction, &context) }
    var sources: [TileOperand] = []
    for source in instruction.sources { sources.append(operand(source, &context)) }
    switch instruction.shape {
    case .rowReduction:
      let size = tile(rowsOnly: false)
      var (pointer, stride) = ("", 1)
      if context.memory.partial[instruction.result] != nil {
        (pointer, stride) = partial(instruction.result)
      } else {
        let result = place(instruction.result, context)
        (pointer, stride) = (result.pointer, result.rowStride)
      }
      context.call(
        name,
        size + [.out(instruction.resultType, pointer), .long(stride)]
          + sources.flatMap(\.strided) + (instruction.accumulates ? [.flag("0")] : []))
    case .columnReduction:
      let size = tile(rowsOnly: false)
      context.call(
        name,
        size + [.out(instruction.resultType, columnResult(instruction.result, context))]
          + sources[0].strided + [.flag("r != start")])
    case .full, .row:
      var result = place(instruction.result, context)
      var operands = sources
      let isRow = instruction.shape == .row
      if isRow {
        // Values of rows lie one after another: one long row is quicker than many short ones.
        result.rowStride = 0
        operands = operands.map { operand in
          var operand = operand
          (operand.rowStride, operand.columnStride) = (0, operand.rowStride)
          return operand
        }
      }
      let size = tile(rowsOnly: isRow)
      switch instruction.name {
      case "copy":
        context.call(
          name,
          size + [.outBits(result.pointer), .long(result.rowStride), .long(1)]
            + operands[0].stridedBits)
      case "iota": iota(name, instruction, size, result, isRow, &context)
      default:
        let others = instruction.otherResults.map { place($0, context) }
        context.call(
          name,
          size + result.out + others.flatMap(\.out) + operands.flatMap(\.strided)
            + instruction.parameters.map { .double($0) })
      }
    }
  }

  private mutating func tile(rowsOnly: Bool) -> [ModuleContext.Argument] {
    let rows = tiling.rows == 1 || tiling.tileRows == 1 ? "1" : "rows"
    if rows == "rows" { used.insert("rows") }
    if rowsOnly { return [.long(1), .long(rows)] }
    used.insert("cols")
    return [.long(rows), .long("cols")]
  }

  private mutating func iota(
    _ name: String, _ instruction: TileInstruction, _ size: [ModuleContext.Argument],
    _ result: TileOperand, _ isRow: Bool, _ context: inout ModuleContext
  ) {
    let index = memory("0", instruction.iota, offset: 0, .i64)
    let steps = isRow ? (0, index.rowStride) : (index.rowStride, index.columnStride)
    context.call(
      name,
      size + result.out + [
        .init(type: "long long", text: index.pointer), .init(type: "long long", text: "\(steps.0)"),
        .init(type: "long long", text: "\(steps.1)"),
      ])
  }

  private mutating func adam(
    _ name: String, _ instruction: TileInstruction, _ context: inout ModuleContext
  ) {
    // The weights and averages before the step lie where those after it go.
    let state = ([instruction.result] + instruction.otherResults).map { place($0, context) }
    // The gradient must be a run of columns; a broadcast one would be a constant gradient.
    let gradient = operand(instruction.sources[3], &context)
    let step = operand(instruction.sources[4], &context)
    let scale = operand(instruction.sources[5], &context)
    context.call(
      name,
      tile(rowsOnly: false) + state.flatMap(\.out)
        + [.reading(gradient.dtype, gradient.pointer), .long(gradient.rowStride)]
        + [.reading(step.dtype, step.pointer), .reading(scale.dtype, scale.pointer)]
        + instruction.parameters.map { .double($0) })
  }

  func comment(_ ids: [NodeID], _ context: inout ModuleContext) {
    context.writer.node = ids[0]
    for id in ids.sorted() {
      let panels = context.schedule.panels[id].map { ", in panels of \($0.width) columns" } ?? ""
      context.writer.line("/* \(CSyntax.comment(context.graph.describe(id)))\(panels) */")
    }
  }

  /// Where a reduction down columns adds up: the result, or the chunk's partial one.
  private mutating func columnResult(_ id: NodeID, _ context: ModuleContext) -> String {
    guard let sums = kernel.columnSums, let rows = kernel.columnRows else { return "" }
    let chunks = context.memory.partial[id] == nil ? 1 : sums.chunks
    var strides = [Int](repeating: 0, count: kernel.domain.rank)
    var next = 1
    for axis in (rows.upperBound..<kernel.domain.rank).reversed() {
      strides[axis] = next
      next *= kernel.domain[axis]
    }
    next *= chunks
    for axis in (0..<rows.lowerBound).reversed() {
      strides[axis] = next
      next *= kernel.domain[axis]
    }
    let place = address(chunks > 1 ? "p\(id.index)" : "v\(id.index)", strides)
    guard chunks > 1 else { return place }
    return "\(place) + start / \(tiling.chunkTiles * tiling.tileRows) * \(sums.inner)"
  }

  /// One partial result a piece of a row too long to be in cache.
  private mutating func partial(_ id: NodeID) -> (String, Int) {
    let pieces = tiling.columnTiles
    let rows = kernel.rowShape.strides.map { $0 * pieces }
    let strides = rows + Array(repeating: 0, count: kernel.domain.rank - rows.count)
    var text = address("p\(id.index)", strides)
    if pieces > 1 {
      used.insert("c")
      text += " + c / \(tiling.tileColumns)"
    }
    return (text, pieces)
  }
}

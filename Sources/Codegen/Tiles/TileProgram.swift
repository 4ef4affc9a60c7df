import GraphIR

/// A kernel's tiles and the instructions that run on each.
struct TileProgram {
  let kernel: Kernel
  let tiling: Tiling
  /// How a contraction's kernel walks its result.
  let contraction: ContractionPlan?
  private(set) var instructions: [TileInstruction]
  /// What a contraction's kernel computes with its product.
  let root: ContractionRoot?
  /// Byte offset in the thread's scratch of each value that lives in a tile only.
  private(set) var slots: [NodeID: Int] = [:]
  /// Scratch the tiles take.
  private(set) var slotBytes = 0

  init(_ kernel: Kernel, _ schedule: KernelSchedule, _ target: Target) {
    let lowered = schedule.lowered
    self.kernel = kernel
    let members = Set(kernel.nodes)
    var list: [TileInstruction] = []
    for id in kernel.nodes.dropFirst(kernel.kind == .loop ? 0 : 1) {
      list.append(TileInstruction(id, in: kernel, members, lowered))
    }
    let columnIndex = { (source: TileInstruction.Source) in lowered.isColumnIndex(source) }
    var selected = TileSelection.select(
      list, inPlace: schedule.inPlace, columnIndex: kernel.holdsRows ? columnIndex : nil
    ) { id in
      schedule.isStored(id) || (kernel.kind != .loop && id == kernel.nodes[0])
    } constant: {
      (lowered.graph[$0].op as? Constant)?.scalar
    }
    if kernel.kind == .contraction {
      let type = lowered.graph.nodes[kernel.nodes[0].index].type.dtype
      var root = ContractionRoot(result: kernel.nodes[0], type: type)
      // A sum in pieces passes through memory, where what is to be added may lie.
      let plan = TileProgram.plan(kernel, [], schedule, target)
      if plan.loops.isEmpty { root.absorb(&selected) { schedule.isStored($0) } }
      self.root = root
    } else {
      root = nil
    }
    instructions = selected
    (tiling, contraction) = TileProgram.tiling(kernel, root, instructions, schedule, target)
    assignSlots(schedule)
  }

  private static func tiling(
    _ kernel: Kernel, _ root: ContractionRoot?, _ instructions: [TileInstruction],
    _ schedule: KernelSchedule, _ target: Target
  ) -> (Tiling, ContractionPlan?) {
    let lowered = schedule.lowered
    var strides = [kernel.domain.strides]
    if case .memory(_, _, let access)? = root?.start { strides.append(access) }
    for instruction in instructions {
      for case .memory(_, _, let access) in instruction.sources { strides.append(access) }
      if !instruction.iota.isEmpty { strides.append(instruction.iota) }
    }
    switch kernel.kind {
    case .contraction:
      let plan = plan(kernel, strides, schedule, target)
      return (plan.tiling, plan)
    case .columnReduction:
      let form = ColumnReduction(kernel.nodes[0], lowered)
      strides.append(form.kept)
      let tiling = Tiling(
        domain: kernel.domain, strides: strides, split: nil, resident: true,
        tileRows: 1, tileColumns: schedule.panels(of: form.base)?.width ?? 128)
      return (tiling, nil)
    case .loop, .single:
      if let rows = kernel.columnRows, let sums = kernel.columnSums {
        return (Tiling(domain: kernel.domain, strides: strides, reduced: rows, sums), nil)
      }
      let tiling = Tiling(
        domain: kernel.domain, strides: strides, split: kernel.split, resident: kernel.isResident)
      return (tiling, nil)
    }
  }

  private static func plan(
    _ kernel: Kernel, _ accesses: [[Int]], _ schedule: KernelSchedule, _ target: Target
  ) -> ContractionPlan {
    let padding = schedule.paddings[kernel.nodes[0]]
    let form = ContractionForm(
      kernel.nodes[0], schedule.lowered, accesses: accesses, keepsAxes: padding != nil)
    let dtype = schedule.lowered.graph[kernel.nodes[0]].type.dtype
    let tile = target.tile(dtype)
    let (left, right) = (schedule.panels(of: form.a.base), schedule.panels(of: form.b.base))
    if left == nil, right == nil,
      let winograd = WinogradPlan(
        form, padding, isAlone: kernel.nodes.count == 1, tile: tile, elementBytes: dtype.size)
    {
      return ContractionPlan(form, winograd)
    }
    return .fastest(form, target, dtype, left: left, right: right)
  }

  /// How the kernel's elements are dealt to threads: consecutive runs of so many, where that is so.
  var elementsPerUnit: Int? {
    guard kernel.kind == .loop || kernel.kind == .columnReduction, tiling.outer.isEmpty else {
      return nil
    }
    if tiling.rows == 1 { return tiling.tileColumns }
    return tiling.columnTiles == 1 ? tiling.chunkTiles * tiling.tileRows * tiling.columns : nil
  }

  /// Elements of a tile or of its rows; the stride between a tile's rows.
  var slotStride: Int { tiling.tileColumns }

  /// Gives values that are not stored a place in scratch, shared by values alive one after another.
  private mutating func assignSlots(_ schedule: KernelSchedule) {
    var lastUse: [NodeID: Int] = [:]
    for (index, instruction) in instructions.enumerated() {
      for case .value(let id) in instruction.sources { lastUse[id] = index }
    }
    let widest = kernel.nodes.map { schedule.lowered.graph[$0].type.dtype.size }.max() ?? 4
    let bytes = MemoryPlan.aligned(tiling.tileRows * tiling.tileColumns * widest)
    var free: [Int] = []
    func take() -> Int {
      if let slot = free.popLast() { return slot }
      slotBytes += bytes
      return slotBytes - bytes
    }
    let first = root?.result ?? kernel.nodes[0]
    if kernel.kind != .loop, !schedule.isStored(first) {
      // A sum in pieces keeps all panels' tiles until it is complete.
      slotBytes = bytes * (contraction?.tilesKept ?? 1)
      slots[first] = 0
    }
    for (index, instruction) in instructions.enumerated() {
      func release(ifInPlace isInPlace: Bool) {
        // In the operands' order, so that the same graph always gives the same C.
        var seen: Set<NodeID> = []
        for case .value(let id) in instruction.sources
        where lastUse[id] == index && seen.insert(id).inserted {
          let isSafe = instruction.canOverwrite && hasSameLayout(id, instruction.result, schedule)
          if isSafe == isInPlace, let slot = slots[id] { free.append(slot) }
        }
      }
      release(ifInPlace: true)
      for id in [instruction.result] + instruction.otherResults where !schedule.isStored(id) {
        slots[id] = take()
        if lastUse[id] == nil { free.append(slots[id]!) }
      }
      release(ifInPlace: false)
    }
  }

  /// Whether an element of one value lies in its slot where the other's does in its own.
  private func hasSameLayout(_ a: NodeID, _ b: NodeID, _ schedule: KernelSchedule) -> Bool {
    let lowered = schedule.lowered
    return kernel.role(of: a, lowered) == kernel.role(of: b, lowered)
      && lowered.graph.nodes[a.index].type.dtype.size
        == lowered.graph.nodes[b.index].type.dtype.size
  }
}

extension Kernel {
  /// Whether each row of a tile is the whole of the last axis.
  fileprivate var holdsRows: Bool {
    kind == .loop && isResident && split == domain.rank - 1
  }
}

extension LoweredGraph {
  /// Whether a buffer that is read holds the number of each column.
  fileprivate func isColumnIndex(_ source: TileInstruction.Source) -> Bool {
    guard case .memory(let base, 0, let strides) = source, strides.last == 1,
      strides.dropLast().allSatisfy({ $0 == 0 }),
      case .iota(let axis) = computations[base.index]
    else { return false }
    return axis == shape(base).rank - 1
  }
}

extension TileInstruction {
  /// Whether the kernel allows its result in an operand's place.
  var canOverwrite: Bool {
    shape != .rowReduction && shape != .columnReduction && otherResults.isEmpty && name != "copy"
  }
}

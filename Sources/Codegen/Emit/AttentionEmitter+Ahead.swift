import GraphIR

// The memory that attention brings near while it multiplies. A head's rows lie as far apart as all
// heads together are wide, which keeps hardware from fetching them ahead.

extension AttentionEmitter {
  /// What the next block reads: of `byBlock` its rows, the first of the next head after a head's
  /// last block; of `byHead`, which are read as a whole when a head begins, a block's share of the
  /// next head's.
  struct Ahead {
    var byBlock: [(name: String, operand: Int)]
    var byHead: [(name: String, operand: Int)]
  }

  /// The same without what is small enough to be near anyway.
  private func far(_ ahead: Ahead, _ context: ModuleContext) -> Ahead {
    func isFar(_ operand: Int) -> Bool {
      context.graph[lowered.access(id, operand).base].type.byteCount >= TileEmitter.farBytes
    }
    return Ahead(
      byBlock: ahead.byBlock.filter { isFar($0.operand) },
      byHead: ahead.byHead.filter { isFar($0.operand) })
  }

  /// Names where the next head's rows begin; returns what of `all` is worth it.
  func declare(_ all: Ahead, _ parts: Int, _ context: inout ModuleContext) -> Ahead {
    let ahead = far(all, context)
    let isEmpty = (ahead.byBlock + ahead.byHead).isEmpty
    if !isEmpty || keepsFar { context.writer.line("dlc_ahead ahead;") }
    if !isEmpty, heads > 1 {
      context.writer.line("const long next = unit + 1 < \(heads * parts) ? unit + 1 : unit;")
      indices("n", of: "next", parts, &context)
    }
    for (name, operand) in ahead.byBlock + ahead.byHead {
      pointer(
        "\(name)_next", lowered.access(id, operand), isWritten: false, indices: "n", &context)
    }
    return ahead
  }

  /// Whether exponentials are kept in more memory than is near.
  private var keepsFar: Bool { keeper != nil && blocks.keptBytes >= TileEmitter.farBytes }

  /// The next block's kept exponentials or scores, a part of their rows: they lie behind this one's.
  func kept(_ part: Int = 0, of parts: Int = 1) -> [AheadRegion] {
    guard keepsFar else { return [] }
    let share = Tiling.tiles(block, parts)
    let first = part == 0 ? "n" : "(n + \(part * share))"
    return [
      AheadRegion(
        place: "scores + \(first) * \(scoreStride)", stride: scoreStride * dtype.size,
        rows: "\(share)", bytes: "\(sizes.keys * dtype.size)")
    ]
  }

  /// Where the operands' rows lie that the block after the present one reads.
  func regions(_ ahead: Ahead) -> [AheadRegion] {
    func region(_ place: String, _ operand: Int, rows: Int) -> AheadRegion {
      let columns = operand < 2 ? sizes.features : sizes.width
      return AheadRegion(
        place: place, stride: rowStride(operand) * dtype.size, rows: "\(rows)",
        bytes: "\(columns * dtype.size)")
    }
    let share = Tiling.tiles(sizes.keys, blocks.count)
    return ahead.byBlock.map { name, operand in
      let inHead = "\(name) + (r + n) * \(rowStride(operand))"
      return region("r + n < last ? \(inHead) : \(name)_next", operand, rows: block)
    }
      + ahead.byHead.map { name, operand in
        let first = "r / \(block) * \(share * rowStride(operand))"
        return region("\(name)_next + \(first)", operand, rows: share)
      }
  }

  /// Fills the list of what is to come near during a product; returns it.
  func fill(
    read: [AheadRegion], written: [AheadRegion] = [], _ context: inout ModuleContext
  ) -> ModuleContext.Argument {
    let isEmpty = (read + written).isEmpty
    if !isEmpty { AheadRegion.write("ahead", read: read, written: written, &context) }
    return .init(type: "const dlc_ahead *", text: isEmpty ? "0" : "&ahead")
  }
}

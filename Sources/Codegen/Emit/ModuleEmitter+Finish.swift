import GraphIR

// The second half of reductions in pieces.

extension ModuleEmitter {
  /// Adds up the partial results of rows or columns that were reduced in pieces.
  mutating func finish(
    _ partials: [NodeID], _ kernel: Kernel, _ name: String, _ position: Int
  ) {
    context.writer.line(
      "static void \(name)_finish(const dlc_run *run, int thread, int threads)")
    context.writer.open("{")
    context.writer.line("long begin, end;")
    for id in partials {
      context.writer.node = id
      let type = CSyntax.type(graph[id].type.dtype)
      let offset = memory.buffers[memory.partial[id]!].offset
      context.declare(id, isWritten: true)
      context.writer.line(
        "const \(type) *const p\(id.index) = (const \(type) *)(run->arena + \(offset));")
    }
    var work = 0
    for id in partials {
      context.writer.node = id
      if let sums = kernel.columnSums, kernel.role(of: id, lowered) == .column {
        finishColumns(id, sums)
        work += sums.outer * sums.chunks * sums.inner
      } else {
        finishRows(id, kernel)
        work += kernel.partialPieces * kernel.rowShape.count
      }
    }
    context.writer.close()
    context.writer.line()
    let isSerial = work < ModuleEmitter.smallFinish
    let effects = partials.flatMap { id in
      [
        Hazards.Effect(range(ofBuffer: memory.partial[id]!), isWrite: false, by: .other),
        Hazards.Effect(range(id), isWrite: true, by: isSerial ? .serial : .other),
      ]
    }
    let bytes = partials.reduce(0) { bytes, id in
      bytes + memory.buffers[memory.partial[id]!].bytes + graph[id].type.byteCount
    }
    run("\(name)_finish", kernel, isSerial, effects, bytes: bytes)
  }

  /// Partial results that one thread adds up sooner than two meet.
  private static let smallFinish = 8192

  private mutating func finishRows(_ id: NodeID, _ kernel: Kernel) {
    let dtype = graph[id].type.dtype
    let pieces = kernel.partialPieces
    guard case .reduce(let reduction, _) = lowered.computations[id.index] else { return }
    context.writer.line("dlc_share(\(kernel.rowShape.count), thread, threads, &begin, &end);")
    context.call(
      "dlc_\(reduction.rawValue)_rows_\(CSyntax.suffix(dtype))",
      [
        .long("end - begin"), .long(pieces), .out(dtype, "v\(id.index) + begin"), .long(1),
        .reading(dtype, "p\(id.index) + begin * \(pieces)"), .long(pieces), .long(1), .flag("0"),
      ])
  }

  private mutating func finishColumns(_ id: NodeID, _ sums: ColumnSums) {
    let dtype = graph[id].type.dtype
    guard case .reduce(let reduction, _) = lowered.computations[id.index] else { return }
    let (result, partial) = ("v\(id.index)", "p\(id.index)")
    let isOne = sums.outer == 1
    let (all, each) = (sums.chunks * sums.inner, sums.inner)
    context.writer.line(
      "dlc_share(\(isOne ? each : sums.outer), thread, threads, &begin, &end);")
    if !isOne { context.writer.open("for (long i = begin; i < end; ++i)") }
    context.call(
      "dlc_\(reduction.rawValue)_cols_\(CSyntax.suffix(dtype))",
      [
        .long(sums.chunks), .long(isOne ? "end - begin" : "\(each)"),
        .out(dtype, isOne ? "\(result) + begin" : "\(result) + i * \(each)"),
        .reading(dtype, isOne ? "\(partial) + begin" : "\(partial) + i * \(all)"),
        .long(each), .long(1), .flag("0"),
      ])
    if !isOne { context.writer.dedent() }
  }
}

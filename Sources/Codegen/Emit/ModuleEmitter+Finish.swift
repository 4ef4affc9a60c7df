import GraphIR

// The second half of reductions in pieces.

extension ModuleEmitter {
  /// Adds up the partial results of rows or columns that were reduced in pieces.
  mutating func finish(_ partials: [NodeID], _ kernel: Kernel, _ name: String) {
    let emitter = FinishEmitter(partials: partials, kernel: kernel, lowered: lowered)
    let call = emitter.emit(name, &context)
    let isSerial = emitter.work < context.target.sharing.finish
    let effects = partials.flatMap { id in
      [
        Hazards.Effect(range(ofBuffer: memory.partial[id]!), isWrite: false, by: .other),
        Hazards.Effect(range(id), isWrite: true, by: isSerial ? .serial : .other),
      ]
    }
    let bytes = partials.reduce(0) { bytes, id in
      bytes + memory.buffers[memory.partial[id]!].bytes + graph[id].type.byteCount
    }
    run(name, call, kernel, isSerial, effects, bytes: bytes)
  }
}

/// Prints the function that adds up partial results.
struct FinishEmitter {
  let partials: [NodeID]
  let kernel: Kernel
  let lowered: LoweredGraph
  var graph: Graph { lowered.graph }

  /// How many partial results there are.
  var work: Int {
    partials.reduce(0) { work, id in
      guard let sums = columnSums(id) else {
        return work + kernel.partialPieces * kernel.rowShape.count
      }
      return work + sums.outer * sums.chunks * sums.inner
    }
  }

  func emit(_ name: String, _ context: inout ModuleContext) -> KernelCall {
    context.function(name) { context in
      for id in partials {
        context.declare(id, isWritten: true)
        context.declarePartial(id, isWritten: false)
      }
      context.writer.line("long begin, end;")
      for id in partials {
        context.writer.node = id
        if let sums = columnSums(id) {
          finishColumns(id, sums, &context)
        } else {
          finishRows(id, &context)
        }
      }
    }
  }

  private func columnSums(_ id: NodeID) -> ColumnSums? {
    kernel.role(of: id, lowered) == .column ? kernel.columnSums : nil
  }

  private func finishRows(_ id: NodeID, _ context: inout ModuleContext) {
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

  private func finishColumns(_ id: NodeID, _ sums: ColumnSums, _ context: inout ModuleContext) {
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

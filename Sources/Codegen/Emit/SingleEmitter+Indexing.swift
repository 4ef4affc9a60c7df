import GraphIR

extension SingleEmitter {
  func gather(_ axis: Int, _ context: inout ModuleContext) {
    let table = lowered.readDomain(id, 0)
    let outer = table.dims[..<axis].reduce(1, *)
    let inner = table.dims[(axis + 1)...].reduce(1, *)
    let count = lowered.readDomain(id, 1).count
    context.openShare(count, isTaken: isTaken)
    let indices = open([outer], &context)
    context.call(
      "dlc_gather_\(bits)",
      [
        .long("end - begin"), .long(inner),
        .outBits(place("\(result) + begin * \(inner)", indices, [count * inner], 0)),
        .long(inner),
        .readingBits(
          place(context.name(lowered.access(id, 0).base), indices, [table[axis] * inner], 0)),
        .long(inner), .long(table[axis]),
        .reading(.i64, "\(context.name(lowered.access(id, 1).base)) + begin"), .long(1),
      ])
    close(1, &context)
    context.closeShare()
  }

  /// `kernel` puts slices of the updates into a copy of the base, or combines them with it.
  func scatter(_ kernel: String, _ axis: Int, _ context: inout ModuleContext) {
    let shape = lowered.shape(id)
    let outer = shape.dims[..<axis].reduce(1, *)
    let inner = shape.dims[(axis + 1)...].reduce(1, *)
    let count = lowered.readDomain(id, 1).count
    // Each thread has columns of its own, so that no two write the same element.
    context.openShare(inner, isTaken: isTaken)
    let into = lowered.access(id, 0)
    let (row, column) = into.isOneElement ? (0, 0) : (inner, 1)
    let base = CSyntax.sum(
      [(context.name(into.base), 1)] + (column == 1 ? [("begin", 1)] : []), constant: into.offset)
    context.call(
      "dlc_copy_\(bits)",
      [
        .long(outer * shape[axis]), .long("end - begin"), .outBits("\(result) + begin"),
        .long(inner), .long(1), .readingBits(base), .long(row), .long(column),
      ])
    let indices = open([outer], &context)
    let movesBits = lowered.computations[id.index] == .scatter(.set, axis: axis)
    let to = place("\(result) + begin", indices, [shape[axis] * inner], 0)
    let updates = context.name(lowered.access(id, 2).base)
    let from = place("\(updates) + begin", indices, [count * inner], 0)
    context.call(
      kernel,
      [
        .long(count), .long("end - begin"), movesBits ? .outBits(to) : .out(dtype, to),
        .long(inner), .long(shape[axis]),
        .reading(.i64, context.name(lowered.access(id, 1).base)), .long(1),
        movesBits ? .readingBits(from) : .reading(dtype, from), .long(inner),
      ])
    close(1, &context)
    context.closeShare()
  }
}

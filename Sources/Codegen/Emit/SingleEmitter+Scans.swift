import GraphIR

/// Kernels that walk the last axis of their operands, which a pass before has made the one asked
/// for: the axis before it counts the kernel's rows, shared between threads, the others are loops.
extension SingleEmitter {
  func scan(_ axis: Int, _ exclusive: Bool, _ reverse: Bool, _ context: inout ModuleContext) {
    walkRows(
      "dlc_cumsum_rows_\(suffix)", axis,
      [.flag(exclusive ? "1" : "0"), .flag(reverse ? "1" : "0")], &context)
  }

  func linearScan(_ axis: Int, _ reverse: Bool, _ context: inout ModuleContext) {
    walkRows("dlc_linear_scan_rows_\(suffix)", axis, [.flag(reverse ? "1" : "0")], &context)
  }

  /// Merges go back and forth between the result's row and a row of scratch memory.
  func argSort(_ axis: Int, _ descending: Bool, _ context: inout ModuleContext) {
    var scratch = AttentionEmitter.Scratch(.i64)
    scratch.add("spare", lowered.shape(id)[axis], "a row of indices, partly in order")
    scratch.declare(&context)
    let from = lowered.graph[node.operands[0]].type.dtype
    walkRows(
      "dlc_argsort_rows_\(CSyntax.suffix(from))", axis,
      [.flag(descending ? "1" : "0"), .out(.i64, "spare")], &context)
  }

  private func walkRows(
    _ kernel: String, _ axis: Int, _ parameters: [ModuleContext.Argument],
    _ context: inout ModuleContext
  ) {
    let domain = lowered.shape(id)
    precondition(axis == domain.rank - 1, "\(node.op.name) not along the last axis")
    let columns = domain[axis]
    let leading = Array(domain.dims.dropLast())
    context.openShare(leading.last ?? 1, isTaken: isTaken)
    let indices = open(Array(leading.dropLast()), &context)
    let target = place(result, indices, domain.strides, 0)
    var arguments: [ModuleContext.Argument] = [
      .long("end - begin"), .long(columns), .out(dtype, "\(target) + begin * \(columns)"),
      .long(columns),
    ]
    for operand in node.operands.indices {
      let access = lowered.access(id, operand)
      let source = place(context.name(access.base), indices, access.strides, access.offset)
      let stride = leading.isEmpty ? 0 : access.strides[domain.rank - 2]
      arguments += [
        .reading(lowered.graph[node.operands[operand]].type.dtype, "\(source) + begin * \(stride)"),
        .long(stride), .long(access.strides[axis]),
      ]
    }
    context.call(kernel, arguments + parameters)
    close(max(0, leading.count - 1), &context)
    context.closeShare()
  }
}

import GraphIR

// The first node of a product's or a column reduction's kernel, before what is fused to it.

extension TileEmitter {
  /// Longest sum that is packed as one panel; longer products go piece by piece.
  static let panelDepth = 4096

  private func isDirect(_ context: ModuleContext) -> Bool {
    // Few rows do not repay packing.
    Product(kernel.nodes[0], context.lowered).columnStride == 1
      && tiling.rows * 4 <= tiling.tileRows
  }

  func packBytes(_ context: ModuleContext) -> Int {
    guard kernel.kind == .contraction, !isDirect(context) else { return 0 }
    let product = Product(kernel.nodes[0], context.lowered)
    let size = context.graph[kernel.nodes[0]].type.dtype.size
    return max(1, min(product.depth, TileEmitter.panelDepth)) * tiling.tileColumns * size
  }

  mutating func product(_ context: inout ModuleContext) {
    let root = kernel.nodes[0]
    let dtype = context.graph[root].type.dtype
    let suffix = CSyntax.suffix(dtype)
    let product = Product(root, context.lowered)
    comment([root], &context)
    used.formUnion(["rows", "cols"])
    let result = place(root, context)
    let batch = product.a.batch
    let a = address(
      context.name(product.a.base), batch + [product.rowStride, 0], offset: product.a.offset)
    let b = address(
      context.name(product.b.base), product.b.batch + [0, product.columnStride],
      offset: product.b.offset)
    let isPieced = product.depth > TileEmitter.panelDepth && !isDirect(context)
    var (depth, shiftA, shiftB, accumulate) = (String(product.depth), "", "", "0")
    if isPieced {
      context.writer.open(
        "for (long k = 0; k < \(product.depth); k += \(TileEmitter.panelDepth)) {")
      context.writer.line(
        "const long depth = k + \(TileEmitter.panelDepth) <= \(product.depth) ? "
          + "\(TileEmitter.panelDepth) : \(product.depth) - k;")
      (depth, accumulate) = ("depth", "k != 0")
      shiftA = " + k * \(product.depthStrideA)"
      shiftB = " + k * \(product.depthStrideB)"
    }
    let left: [ModuleContext.Argument] = [
      .long("rows"), .long("cols"), .long(depth), .reading(dtype, a + shiftA),
      .long(product.rowStride), .long(product.depthStrideA),
    ]
    let right: [ModuleContext.Argument] = result.out + [.flag(accumulate)]
    if isDirect(context) {
      context.call(
        "dlc_gemm_direct_\(suffix)",
        left + [.reading(dtype, b), .long(product.depthStrideB)] + right)
    } else {
      if !isPieced, tiling.rowTiles > 1 {
        used.insert("r")
        context.writer.line("if (unit == begin || r == 0)")
      }
      context.call(
        "dlc_pack_b_\(suffix)",
        [
          .long(depth), .long("cols"), .out(dtype, "panel"), .reading(dtype, b + shiftB),
          .long(product.depthStrideB), .long(product.columnStride),
        ], isIndented: !isPieced && tiling.rowTiles > 1)
      context.call("dlc_gemm_\(suffix)", left + [.reading(dtype, "panel")] + right)
    }
    if isPieced { context.writer.close() }
  }

  mutating func columnReduction(_ context: inout ModuleContext) {
    let root = kernel.nodes[0]
    let dtype = context.graph[root].type.dtype
    let form = ColumnReduction(root, context.lowered)
    comment([root], &context)
    used.insert("cols")
    let result = place(root, context)
    var source = memory(context.name(form.base), form.kept, offset: form.offset, dtype)
    let loops = form.reduced.dropLast()
    for (index, loop) in loops.enumerated() {
      context.writer.open("for (long j\(index) = 0; j\(index) < \(loop.size); ++j\(index))")
      source.pointer += " + j\(index) * \(loop.stride)"
    }
    let isFirst = loops.indices.map { "j\($0)" }.joined(separator: " | ")
    let rows = form.reduced[form.reduced.count - 1]
    context.call(
      "dlc_\(form.reduction.rawValue)_cols_\(CSyntax.suffix(dtype))",
      [.long(rows.size), .long("cols"), .out(dtype, result.pointer)]
        + [.reading(dtype, source.pointer), .long(rows.stride), .long(source.columnStride)]
        + [.flag(loops.isEmpty ? "0" : "(\(isFirst)) != 0")])
    for _ in loops { context.writer.dedent() }
  }
}

/// A matrix product's operands as strides: C[m, n] = sum over k of A[m, k] B[k, n].
struct Product {
  struct Side {
    let base: NodeID
    let offset: Int
    let batch: [Int]
  }

  let a: Side
  let b: Side
  let depth: Int
  let rowStride: Int
  let depthStrideA: Int
  let depthStrideB: Int
  let columnStride: Int

  init(_ id: NodeID, _ lowered: LoweredGraph) {
    guard case .contraction(let transposeA, let transposeB) = lowered.computations[id.index]
    else { preconditionFailure("not a product") }
    let left = lowered.access(id, 0)
    let right = lowered.access(id, 1)
    let rank = lowered.shape(id).rank
    let domain = lowered.readDomain(id, 0)
    a = Side(base: left.base, offset: left.offset, batch: Array(left.strides.dropLast(2)))
    b = Side(base: right.base, offset: right.offset, batch: Array(right.strides.dropLast(2)))
    let (outer, inner) = (rank - 2, rank - 1)
    depth = domain[transposeA ? outer : inner]
    rowStride = left.strides[transposeA ? inner : outer]
    depthStrideA = left.strides[transposeA ? outer : inner]
    depthStrideB = right.strides[transposeB ? inner : outer]
    columnStride = right.strides[transposeB ? outer : inner]
  }
}

import GraphIR

/// Prints the kernels of ops with a loop nest of their own.
struct SingleEmitter {
  let id: NodeID
  var lowered: LoweredGraph
  /// Whether threads take its work from each other.
  let isTaken: Bool
  var node: Node { lowered.graph[id] }
  var dtype: DType { node.type.dtype }

  init(_ id: NodeID, _ lowered: LoweredGraph, isTaken: Bool) {
    self.id = id
    self.lowered = lowered
    self.isTaken = isTaken
  }

  func emit(_ name: String, _ context: inout ModuleContext) -> KernelCall {
    context.function(name, body)
  }

  private func body(_ context: inout ModuleContext) {
    for base in Set(lowered.bases(id)).sorted() { context.declare(base, isWritten: false) }
    context.declare(id, isWritten: true)
    if let keeper = lowered.keptScores.keeper[id] {
      context.declareKept(keeper, isWritten: keeper == id)
    }
    context.writer.line("long begin, end;")
    context.writer.node = id
    context.writer.line("/* \(CSyntax.comment(lowered.graph.describe(id))) */")
    switch lowered.computations[id.index] {
    case .contraction: product(&context)
    case .argReduce(let reduction, let axis): argReduce(reduction, axis, &context)
    case .scan(let axis, let exclusive, let reverse): scan(axis, exclusive, reverse, &context)
    case .linearScan(let axis, let reverse): linearScan(axis, reverse, &context)
    case .argSort(let axis, let descending): argSort(axis, descending, &context)
    case .concatenate(let axis): concatenate(axis, &context)
    case .pad(let low, let interior, let value): pad(low, interior, value, &context)
    case .pool(let pooling, let windows): pool(pooling, windows, &context)
    case .gather(let axis): gather(axis, &context)
    case .scatterAdd(let axis): scatter("dlc_scatter_add_\(suffix)", axis, &context)
    case .scatter(.set, let axis): scatter("dlc_scatter_\(bits)", axis, &context)
    case .scatter(let mode, let axis):
      scatter("dlc_scatter_\(mode.rawValue)_\(suffix)", axis, &context)
    case .random(let distribution, let stream): random(distribution, stream, &context)
    case .attention(let scale, let isCausal):
      AttentionEmitter(id, lowered, scale, isCausal, context.target).forward(&context)
    case .attentionGradient(let scale, let isCausal):
      AttentionEmitter(id, lowered, scale, isCausal, context.target).backward(&context)
    default: preconditionFailure("\(node.op.name) has no kernel of its own")
    }
  }

  var result: String { "v\(id.index)" }
  var suffix: String { CSyntax.suffix(dtype) }
  var bits: String { CSyntax.bits(dtype) }

  // MARK: - Kernels

  /// Products of integers, with loops around for what is no single product of two matrices.
  private func product(_ context: inout ModuleContext) {
    let form = ContractionForm(id, lowered)
    context.openShare(form.rows.size, isTaken: isTaken)
    let loops = form.batch + form.outerRows
    let sums = form.depth == 0 ? [] : Array(form.reduced.dropLast())
    let last = form.depth == 0 ? nil : form.reduced.last
    let indices = open((loops + sums).map(\.size), &context)
    let a = place(context.name(form.a.base), indices, (loops + sums).map(\.a), form.a.offset)
    let b = place(context.name(form.b.base), indices, (loops + sums).map(\.b), form.b.offset)
    let c = place(result, indices, loops.map(\.c), 0)
    let isLater = indices.dropFirst(loops.count).joined(separator: " | ")
    context.call(
      "dlc_matmul_plain_\(suffix)",
      [
        .long("end - begin"), .long(form.columns.size),
        .long(form.depth == 0 ? 0 : last?.size ?? 1),
        .reading(dtype, "\(a) + begin * \(form.rows.a)"), .long(form.rows.a), .long(last?.a ?? 0),
        .reading(dtype, b), .long(last?.b ?? 0), .long(form.columns.b),
        .out(dtype, "\(c) + begin * \(form.rows.c)"), .long(form.rows.c),
        .flag(isLater.isEmpty ? "0" : "(\(isLater)) != 0"),
      ])
    close(indices.count, &context)
    context.closeShare()
  }

  /// The last axis but `axis` counts the rows of the kernel's tile, the others are loops.
  private func argReduce(_ reduction: Reduction, _ axis: Int, _ context: inout ModuleContext) {
    let domain = lowered.readDomain(id, 0)
    let access = lowered.access(id, 0)
    let kept = domain.dims.indices.filter { $0 != axis }
    let loops = Array(kept.dropLast())
    let rows = kept.last
    let sizes = Shape(kept.map { domain[$0] })
    context.openShare(rows.map { domain[$0] } ?? 1, isTaken: isTaken)
    let indices = open(loops.map { domain[$0] }, &context)
    let source = place(
      context.name(access.base), indices, loops.map { access.strides[$0] }, access.offset)
    let target = place(result, indices, sizes.strides, 0)
    let stride = rows.map { access.strides[$0] } ?? 0
    let from = lowered.graph[node.operands[0]].type.dtype
    context.call(
      "dlc_arg\(reduction.rawValue)_rows_\(CSyntax.suffix(from))",
      [
        .long("end - begin"), .long(domain[axis]), .out(.i64, "\(target) + begin"), .long(1),
        .reading(from, "\(source) + begin * \(stride)"), .long(stride),
        .long(access.strides[axis]),
      ])
    close(loops.count, &context)
    context.closeShare()
  }

  private func concatenate(_ axis: Int, _ context: inout ModuleContext) {
    let strides = lowered.shape(id).strides
    var start = 0
    for operand in node.operands.indices {
      let domain = lowered.readDomain(id, operand)
      copy(
        domain, from: lowered.access(id, operand), toOffset: start * strides[axis], strides,
        &context)
      start += domain[axis]
    }
  }

  private func pad(
    _ low: [Int], _ interior: [Int], _ value: Double, _ context: inout ModuleContext
  ) {
    let access = lowered.access(id, 0)
    let axes = PadAxis.merged(
      lowered.readDomain(id, 0), lowered.shape(id), low, interior, access.strides)
    let fill = CSyntax.literals(Tensor(TensorType(dtype, .scalar), doubles: [value]))[0]
    func list(_ path: KeyPath<PadAxis, Int>) -> String {
      "{" + axes.map { String($0[keyPath: path]) }.joined(separator: ", ") + "}"
    }
    context.writer.line("static const \(CSyntax.type(dtype)) fill[1] = {\(fill)};")
    context.writer.line("static const dlc_pad_shape shape = {")
    context.writer.line("  \(axes.count), \(list(\.input)), \(list(\.output)), \(list(\.low)),")
    context.writer.line("  \(list(\.step)), \(list(\.run)), \(list(\.stride))")
    context.writer.line("};")
    context.openShare(axes[0].output, isTaken: isTaken)
    let source = CSyntax.sum([(context.name(access.base), 1)], constant: access.offset)
    context.call(
      "dlc_pad_\(bits)",
      [
        .init(type: "const dlc_pad_shape *", text: "&shape"), .long("begin"), .long("end"),
        .outBits(result), .readingBits(source), .readingBits("fill"),
      ])
    context.closeShare()
  }

  private func random(
    _ distribution: RandomDistribution, _ stream: Int, _ context: inout ModuleContext
  ) {
    context.openShare(lowered.shape(id).count, isTaken: isTaken)
    context.call(
      "dlc_\(distribution.rawValue)_\(suffix)",
      [
        .long("end - begin"), .out(dtype, "\(result) + begin"),
        .reading(.i64, context.name(lowered.access(id, 0).base)), .long(stream), .long("begin"),
      ])
    context.closeShare()
  }

  // MARK: - Loops

  /// Copies a strided block, the longer of its last two merged axes shared between threads.
  private func copy(
    _ domain: Shape, from access: Access, toOffset offset: Int, _ strides: [Int],
    _ context: inout ModuleContext
  ) {
    let tiling = Tiling(
      domain: domain, strides: [strides, access.strides], split: nil, resident: true)
    let groups = tiling.sizes.count
    let isLong = tiling.columns > tiling.rows
    let group = isLong ? groups - 1 : groups - 2
    context.openShare(tiling.sizes[group], isTaken: isTaken)
    let rows = isLong ? String(tiling.rows) : "end - begin"
    let columns = isLong ? "end - begin" : String(tiling.columns)
    let terms = (
      " + begin * \(tiling.stride(strides, group))",
      " + begin * \(tiling.stride(access.strides, group))"
    )
    let indices = open(Array(tiling.outer), &context)
    let outer = 0..<groups - 2
    let target = place(result, indices, outer.map { tiling.stride(strides, $0) }, offset)
    let source = place(
      context.name(access.base), indices, outer.map { tiling.stride(access.strides, $0) },
      access.offset)
    context.call(
      "dlc_copy_\(bits)",
      [
        .long(rows), .long(columns), .outBits(target + terms.0),
        .long(tiling.stride(strides, groups - 2)), .long(tiling.stride(strides, groups - 1)),
        .readingBits(source + terms.1), .long(tiling.stride(access.strides, groups - 2)),
        .long(tiling.stride(access.strides, groups - 1)),
      ])
    close(outer.count, &context)
    context.closeShare()
  }

  func open(_ sizes: [Int], _ context: inout ModuleContext) -> [String] {
    sizes.indices.map { index in
      context.writer.open("for (long i\(index) = 0; i\(index) < \(sizes[index]); ++i\(index))")
      return "i\(index)"
    }
  }

  func close(_ count: Int, _ context: inout ModuleContext) {
    for _ in 0..<count { context.writer.dedent() }
  }

  func place(_ base: String, _ indices: [String], _ strides: [Int], _ offset: Int)
    -> String
  {
    CSyntax.sum([(base, 1)] + Array(zip(indices, strides)), constant: offset)
  }
}

/// One axis of a pad; neighbouring axes that are one to both sides count as one.
private struct PadAxis {
  var input: Int
  var output: Int
  var low: Int
  var step: Int
  /// Elements of the result from one place of the axis to the next.
  var run: Int
  var stride: Int

  static func merged(
    _ input: Shape, _ output: Shape, _ low: [Int], _ interior: [Int], _ strides: [Int]
  ) -> [PadAxis] {
    let dense = output.strides
    var axes: [PadAxis] = []
    for axis in input.dims.indices where input[axis] != 1 || output[axis] != 1 {
      let next = PadAxis(
        input: input[axis], output: output[axis], low: low[axis], step: interior[axis] + 1,
        run: dense[axis], stride: strides[axis])
      if let last = axes.last, last.step == 1, next.step == 1, next.input == next.output,
        next.low == 0, last.stride == next.stride * next.input
      {
        axes[axes.count - 1] = PadAxis(
          input: last.input * next.input, output: last.output * next.input,
          low: last.low * next.input, step: 1, run: next.run, stride: next.stride)
      } else {
        axes.append(next)
      }
    }
    return axes.isEmpty
      ? [PadAxis(input: 1, output: 1, low: 0, step: 1, run: 1, stride: 1)] : axes
  }
}

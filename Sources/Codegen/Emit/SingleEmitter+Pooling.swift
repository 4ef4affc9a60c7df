import GraphIR

extension SingleEmitter {
  /// The windows' places are the loops: the last two axes in the kernel, the others around it.
  func pool(_ pooling: Pooling, _ windows: Windows, _ context: inout ModuleContext) {
    let x = lowered.access(id, 0)
    let dense = lowered.shape(id).strides
    let isGradient = pooling == .maxGradient
    let places =
      isGradient
      ? lowered.readDomain(id, 1)
      : pooling == .spread
        ? lowered.readDomain(id, 0) : lowered.shape(id)
    let stepsX = pooling == .spread ? x.strides : steps(x.strides, windows)
    let stepsResult = isGradient || pooling == .spread ? steps(dense, windows) : dense
    let g = isGradient ? lowered.access(id, 1) : x

    if pooling != .spread { table("at", x.strides, windows, &context) }
    if pooling == .spread || isGradient { table("to", dense, windows, &context) }
    let accumulates = isGradient && !windows.areDisjoint
    let clears = accumulates || (isGradient && !windows.cover(lowered.shape(id)))
    let loops = PoolLoops(places, windows, isShared: !clears)
    context.openShare(loops.items, isTaken: isTaken)
    if clears { clear(loops, &context) }
    loops.open(&context)
    let source = loops.place(context.name(x.base), stepsX, x.offset)
    let target = loops.place(result, stepsResult, 0)
    let (rowX, columnX) = loops.tile(stepsX)
    let (rowResult, columnResult) = loops.tile(stepsResult)
    let tile: [ModuleContext.Argument] = [.long(loops.rows), .long(loops.columns)]
    let out: [ModuleContext.Argument] = [.out(dtype, target), .long(rowResult)]
    let from: [ModuleContext.Argument] = [
      .reading(dtype, source), .long(rowX), .long(columnX),
    ]
    let count = windows.count
    switch pooling {
    case .max, .sum:
      context.call(
        "dlc_pool_\(pooling.rawValue)_\(suffix)", tile + out + from + [.long(count), .list("at")])
    case .spread:
      context.call(
        "dlc_pool_spread_\(suffix)",
        tile + out + [.long(columnResult)] + from + [.long(count), .list("to")])
    case .maxGradient:
      let (rowG, columnG) = loops.tile(g.strides)
      let given = loops.place(context.name(g.base), g.strides, g.offset)
      let gradient: [ModuleContext.Argument] = [
        .reading(dtype, given), .long(rowG), .long(columnG),
      ]
      context.call(
        "dlc_pool_max_grad_\(suffix)",
        tile + out + [.long(columnResult)] + gradient + from
          + [.long(count), .list("to"), .list("at"), .flag(accumulates ? "1" : "0")])
    }
    loops.close(&context)
    context.closeShare()
  }

  /// Strides from one window to the next.
  private func steps(_ strides: [Int], _ windows: Windows) -> [Int] {
    var steps = strides
    for (axis, stride) in zip(windows.axes, windows.strides) { steps[axis] *= stride }
    return steps
  }

  /// Where the elements of a window lie, from its first on.
  private func table(
    _ name: String, _ strides: [Int], _ windows: Windows, _ context: inout ModuleContext
  ) {
    let offsets = windows.offsets.map { offset in
      zip(windows.axes, offset).reduce(0) { $0 + strides[$1.0] * $1.1 }
    }
    let list = offsets.map(String.init).joined(separator: ", ")
    context.writer.line("static const long \(name)[\(offsets.count)] = {\(list)};")
  }

  /// Zeroes the thread's part of the result, which is a whole slab along an axis without windows.
  private func clear(_ loops: PoolLoops, _ context: inout ModuleContext) {
    let zero = CSyntax.literals(Tensor(TensorType(dtype, .scalar), doubles: [0]))[0]
    context.writer.line("static const \(CSyntax.type(dtype)) zero[1] = {\(zero)};")
    let shape = lowered.shape(id)
    guard let axis = loops.shared else {
      context.call(
        "dlc_fill_\(bits)",
        [
          .long("end - begin"), .long(shape.count), .outBits(result), .long(0), .long(1),
          .readingBits("zero"),
        ])
      return
    }
    let stride = shape.strides[axis]
    context.call(
      "dlc_fill_\(bits)",
      [
        .long(shape.dims[..<axis].reduce(1, *)), .long("(end - begin) * \(stride)"),
        .outBits("\(result) + begin * \(stride)"), .long(stride * shape[axis]), .long(1),
        .readingBits("zero"),
      ])
  }
}

/// Loops over the places of windows: which of them a kernel runs, and which is shared.
private struct PoolLoops {
  let places: Shape
  /// The axis that is divided between the threads; if nil, all is one thread's.
  let shared: Int?
  private let row: Int?
  private let column: Int?
  private let outer: [Int]

  /// Unless `isShared`, threads may divide axes without windows only.
  init(_ places: Shape, _ windows: Windows, isShared: Bool) {
    self.places = places
    let axes = places.dims.indices.filter { places[$0] != 1 }
    column = axes.last
    row = axes.dropLast().last
    outer = Array(axes.dropLast(2))
    let free = axes.filter { isShared || !windows.axes.contains($0) }
    // Enough for any number of threads to divide evenly, or else the longest.
    shared = free.first { places[$0] >= 16 } ?? free.max { places[$0] < places[$1] }
  }

  var rows: String { size(row) }
  var columns: String { size(column) }

  private func size(_ axis: Int?) -> String {
    guard let axis else { return "1" }
    return axis == shared ? "end - begin" : String(places[axis])
  }

  var items: Int { shared.map { places[$0] } ?? 1 }

  func open(_ context: inout ModuleContext) {
    if shared == nil { context.writer.open("if (begin < end)") }
    for axis in outer {
      let (first, last) = axis == shared ? ("begin", "end") : ("0", String(places[axis]))
      context.writer.open("for (long i\(axis) = \(first); i\(axis) < \(last); ++i\(axis))")
    }
  }

  func close(_ context: inout ModuleContext) {
    for _ in 0..<outer.count + (shared == nil ? 1 : 0) { context.writer.dedent() }
  }

  func place(_ base: String, _ strides: [Int], _ offset: Int) -> String {
    var terms = [(base, 1)] + outer.map { ("i\($0)", strides[$0]) }
    if let shared, shared == row || shared == column { terms.append(("begin", strides[shared])) }
    return CSyntax.sum(terms, constant: offset)
  }

  /// The strides of the kernel's rows and columns.
  func tile(_ strides: [Int]) -> (row: Int, column: Int) {
    (row.map { strides[$0] } ?? 0, column.map { strides[$0] } ?? 1)
  }
}

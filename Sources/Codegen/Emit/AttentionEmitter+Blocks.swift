import GraphIR

// What attention and its gradient have in common: loops, operands, and the weights of a block.

extension AttentionEmitter {
  /// Arrays in a thread's scratch memory, one after another.
  struct Scratch {
    private let dtype: DType
    private var bytes = 0
    private var arrays: [(name: String, offset: Int, meaning: String)] = []

    init(_ dtype: DType) { self.dtype = dtype }

    mutating func add(_ name: String, _ count: Int, _ meaning: String) {
      arrays.append((name, bytes, meaning))
      bytes += MemoryPlan.aligned(max(1, count) * dtype.size)
    }

    func declare(_ context: inout ModuleContext) {
      context.declareScratch(bytes)
      let type = CSyntax.type(dtype)
      for array in arrays {
        context.writer.line(
          "\(type) *const \(array.name) = (\(type) *)(scratch + \(array.offset)); "
            + "/* \(array.meaning) */")
      }
    }
  }

  /// A block's exponentials and factors, where they are not kept.
  func addScores(_ scratch: inout Scratch) {
    guard keeper == nil else { return }
    scratch.add("scores", block * scoreStride, "of the block, then their exponentials")
    scratch.add("factors", block, "1 / sum of a row's exponentials")
  }

  /// Opens the loop over heads and `parts` of each, and names the head's indices.
  func openUnits(_ parts: Int, _ context: inout ModuleContext) {
    var constants = [("scale", scale)]
    if case .attentionGradient = lowered.computations[id.index] { constants.append(("zero", 0)) }
    if isHiding { constants.append(("hidden", -.infinity)) }
    for (name, value) in constants {
      let text = CSyntax.literals(Tensor(TensorType(dtype, .scalar), doubles: [value]))[0]
      context.writer.line("static const \(type) \(name)[1] = {\(text)};")
    }
    context.openShare(heads * parts, isTaken: true)
    context.writer.open("for (long unit = begin; unit < end; ++unit) {")
    indices("i", of: "unit", parts, &context)
  }

  /// Names the indices of a unit's head along the axes before tokens, and along that of heads.
  func indices(_ name: String, of unit: String, _ parts: Int, _ context: inout ModuleContext) {
    var divisor = parts
    let axes = sizes.batch.dims + [sizes.heads]
    for axis in axes.indices.reversed() where axes[axis] > 1 {
      let quotient = divisor == 1 ? unit : "\(unit) / \(divisor)"
      divisor *= axes[axis]
      let isOutermost = divisor == heads * parts
      let value = isOutermost ? quotient : "\(quotient) % \(axes[axis])"
      context.writer.line("const long \(name)\(axis) = \(value);")
    }
  }

  /// Declares where a head begins in an operand, [batch..., tokens, heads, features].
  func pointer(
    _ name: String, _ access: Access, isWritten: Bool, indices: String = "i",
    _ context: inout ModuleContext
  ) {
    let rank = access.strides.count
    let strides = access.strides[..<(rank - 3)] + [access.strides[rank - 2]]
    declare(name, access, Array(strides), isWritten, indices, &context)
  }

  private func declare(
    _ name: String, _ access: Access, _ strides: [Int], _ isWritten: Bool,
    _ indices: String, _ context: inout ModuleContext
  ) {
    let axes = sizes.batch.dims + [sizes.heads]
    let terms = axes.indices.filter { axes[$0] > 1 }.map { ("\(indices)\($0)", strides[$0]) }
    let place = CSyntax.sum([(context.name(access.base), 1)] + terms, constant: access.offset)
    let type = CSyntax.type(lowered.graph[access.base].type.dtype)
    context.writer.line("\(isWritten ? "" : "const ")\(type) *const \(name) = \(place);")
  }

  /// From one token of an operand to the next, in elements.
  func rowStride(_ operand: Int) -> Int {
    let strides = lowered.access(id, operand).strides
    return strides[strides.count - 3]
  }

  /// The head's rows of an operand, transposed, as panels of a product.
  func pack(
    _ target: String, _ source: String, _ operand: Int, _ columns: Int,
    _ context: inout ModuleContext
  ) {
    let (keys, stride) = (sizes.keys, rowStride(operand))
    context.writer.line("for (long j = 0; j < \(keys); j += \(panel))")
    let count = keys % panel == 0 ? "\(panel)" : "\(keys) - j < \(panel) ? \(keys) - j : \(panel)"
    context.call(
      "dlc_pack_b_\(suffix)",
      [
        .long(columns), .long(count), .out(dtype, "\(target) + j * \(columns)"),
        .reading(dtype, "\(source) + j * \(stride)"), .long(1), .long(stride),
      ], isIndented: true)
  }

  /// The head's rows of an operand, one after another.
  func copy(
    _ target: String, _ source: String, _ operand: Int, _ columns: Int,
    _ context: inout ModuleContext
  ) {
    context.call(
      "dlc_copy_\(CSyntax.bits(dtype))",
      [
        .long(sizes.keys), .long(columns), .outBits(target), .long(columns), .long(1),
        .readingBits(source), .long(rowStride(operand)), .long(1),
      ])
  }

  /// `count` rows of an operand times the scale, one after another.
  func scaled(
    _ target: String, _ source: String, _ operand: Int, _ count: some CustomStringConvertible,
    _ columns: Int, from first: String, _ context: inout ModuleContext
  ) {
    let stride = rowStride(operand)
    let start = first.isEmpty ? "" : " + \(first) * \(stride)"
    context.call(
      "dlc_mul_\(suffix)",
      [
        .long(count.description), .long(columns), .out(dtype, target), .long(columns),
        .reading(dtype, source + start), .long(stride), .long(1), .reading(dtype, "scale"),
        .long(0), .long(0),
      ])
  }

  /// Opens the loop over the blocks of queries first ..< last: n of them from r on, which see keys
  /// before `seen`. Names their scores where they are kept.
  func openBlocks(_ parts: Int, _ context: inout ModuleContext) {
    context.writer.open("for (long r = first; r < last; r += \(block)) {")
    context.writer.line("const long n = last - r < \(block) ? last - r : \(block);")
    let keys = sizes.keys
    context.writer.line(
      "const long seen = \(isCausal ? "r + n < \(keys) ? r + n : \(keys)" : "\(keys)");")
    guard let keeper else { return }
    let head = parts > 1 ? "unit / \(parts)" : "unit"
    let constant = keeper == id ? "" : "const "
    let row = heads == 1 ? "r" : "(\(head) * \(sizes.queries) + r)"
    for (name, place) in [
      ("scores", "\(row) * \(scoreStride)"), ("factors", "\(blocks.exponentials) + \(row)"),
    ] {
      context.writer.line("\(constant)\(type) *const \(name) = e\(keeper.index) + \(place);")
    }
  }

  /// The products of a block's rows with panels of the head's.
  func products(
    _ result: String, of rows: String, _ panels: String, _ depth: Int,
    _ context: inout ModuleContext
  ) {
    context.writer.line("for (long j = 0; j < seen; j += \(panel))")
    context.call(
      "dlc_gemm_\(suffix)",
      [
        .long("n"), .long(panel), .long(depth), .reading(dtype, rows), .long(depth), .long(1),
        .reading(dtype, "\(panels) + j * \(depth)"), .out(dtype, "\(result) + j"),
        .long(scoreStride), .flag("0"),
      ], isIndented: true)
  }

  /// The exponentials of a block's scores, and the factors that make them weights.
  func scores(_ context: inout ModuleContext) {
    scaled("rows", "q", 0, "n", sizes.features, from: "r", &context)
    products("scores", of: "rows", "keys", sizes.features, &context)
    mask(&context)
    context.call(
      "dlc_attention_weights_\(suffix)",
      [
        .long("n"), .long("seen"), .out(dtype, "scores"), .long(scoreStride),
        .out(dtype, "factors"), .long(isCausal ? "r + 1" : "\(sizes.keys)"),
      ])
  }

  /// The operand that is the mask.
  private var maskOperand: Int? {
    let place: Int
    switch lowered.computations[id.index] {
    case .attention: place = 3
    default: place = 4
    }
    return lowered.graph[id].operands.count > place ? place : nil
  }

  /// Whether a mask says which keys are seen.
  private var isHiding: Bool {
    maskOperand.map { lowered.graph.operandTypes(id)[$0].dtype == .bool } ?? false
  }

  private func mask(_ context: inout ModuleContext) {
    guard let operand = maskOperand else { return }
    let access = lowered.access(id, operand)
    let (lead, tile) = (Array(access.strides.dropLast(2)), Array(access.strides.suffix(2)))
    declare("mask", access, lead, false, "i", &context)
    let own = lowered.graph[access.base].type.dtype
    let source: [ModuleContext.Argument] = [
      .reading(own, tile[0] == 0 ? "mask" : "mask + r * \(tile[0])"), .long(tile[0]),
      .long(tile[1]),
    ]
    let size: [ModuleContext.Argument] = [
      .long("n"), .long("seen"), .out(dtype, "scores"), .long(scoreStride),
    ]
    let scores: [ModuleContext.Argument] = [
      .reading(dtype, "scores"), .long(scoreStride), .long(1),
    ]
    if isHiding {
      let hidden: [ModuleContext.Argument] = [.reading(dtype, "hidden"), .long(0), .long(0)]
      context.call("dlc_where_\(suffix)", size + source + scores + hidden)
    } else {
      context.call("dlc_add_\(suffix)", size + scores + source)
    }
  }
}

import GraphIR

/// The op table as people read it.
public struct OpListing: Sendable {
  public let name: String
  public let summary: String
  /// In a formula: `g` is the result's gradient, `y` the result.
  public let gradient: String
  /// The code generator's kind of computation.
  public let computation: String
  /// The element types that the op's samples have as operands, or as results where there are none.
  public let dtypes: [DType]

  /// Every op, in the table's order.
  public static var all: [OpListing] { OpTable.entries.map(OpListing.init) }

  init(_ entry: OpEntry) {
    name = entry.name
    summary = entry.summary
    gradient = entry.gradient
    let samples = entry.samples()
    let kinds = samples.map { Self.kind($0.op.computation($0.operands.map(\.type))) }
    // Sources have no samples: nothing computes them.
    computation = kinds.first ?? "source"
    var types: Set<DType> = []
    for sample in samples {
      let operands = sample.operands.map(\.type)
      types.formUnion(operands.map(\.dtype))
      if operands.isEmpty, let type = try? sample.op.resultType(operands) {
        types.insert(type.dtype)
      }
    }
    dtypes = samples.isEmpty ? DType.allCases : DType.allCases.filter(types.contains)
  }

  private static func kind(_ computation: Computation) -> String {
    switch computation {
    case .source: "source"
    case .map: "map"
    case .view: "view"
    case .rows: "rows"
    case .reduce: "reduce"
    case .argReduce: "argReduce"
    case .contraction: "contraction"
    case .scan: "scan"
    case .linearScan: "linearScan"
    case .argSort: "argSort"
    case .concatenate: "concatenate"
    case .pad: "pad"
    case .pool: "pool"
    case .gather: "gather"
    case .scatterAdd: "scatterAdd"
    case .scatter: "scatter"
    case .iota: "iota"
    case .random: "random"
    case .attention: "attention"
    case .attentionGradient: "attentionGradient"
    }
  }

  /// Which derivatives agree with differences in double precision, checked here and now on the
  /// op's small samples.
  public func derivatives() -> String {
    let samples = OpTable.entry(named: name)?.samples() ?? []
    let checked = samples.enumerated().filter { _, sample in
      let elements = sample.operands.reduce(0) { $0 + $1.type.shape.count }
      return sample.checksGradient && elements <= Self.smallSample
    }
    if checked.isEmpty { return "none" }
    var orders = 1
    for (seed, sample) in checked {
      let check = GradientCheck(sample, seed: seed)
      do {
        if try check.firstFailure() != nil { return "first fails" }
        if sample.checksSecond, try check.secondFailure() != nil { return "second fails" }
      } catch { return "\(error)" }
      if sample.checksSecond { orders = 2 }
    }
    return orders == 2 ? "first, second" : "first"
  }

  /// Elements of all operands together.
  private static let smallSample = 150

  /// A Markdown page of all ops.
  public static var markdown: String {
    var text = """
      # Ops

      Made by `dlc ops --markdown`. In a gradient, `g` is the gradient of the result and `y` the
      result. Derivatives checked are those which agree with central differences in double
      precision, on samples that the command runs as it prints them. The computation is what the
      code generator sees of an op.

      | op | what it is | gradient | derivatives checked | computation | element types |
      |---|---|---|---|---|---|

      """
    for op in all {
      let cells = [
        "`\(op.name)`", op.summary, op.gradient, op.derivatives(), op.computation,
        op.dtypes.map(\.rawValue).joined(separator: ", "),
      ]
      let escaped = cells.map { $0.split(separator: "|", omittingEmptySubsequences: false) }
      text += "| " + escaped.map { $0.joined(separator: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return text
  }

  /// A table for the terminal.
  public static var text: String {
    var table = TextTable([
      ("op", .left), ("what it is", .left), ("gradient", .left), ("computation", .left),
      ("element types", .left),
    ])
    for op in all {
      table.add(
        op.name, op.summary, op.gradient, op.computation,
        op.dtypes.map(\.rawValue).joined(separator: " "))
    }
    return table.text
  }
}

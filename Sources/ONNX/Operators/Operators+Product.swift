import GraphIR

// Matrix products and sums of products.

extension OperatorTable {
  static let productOperators: [Operator] = [
    Operator(
      "MatMul",
      tensor: { node in try node.like(0, node.value(0).matmul(node.value(1))).wrapped }),
    Operator("Gemm", ["alpha", "beta", "broadcast", "transA", "transB"], tensor: gemm),
    Operator("Einsum", ["equation"], tensor: einsum),
  ]

  private static func gemm(_ node: OperatorContext) throws -> ImportedTensor {
    let (a, b) = (try node.value(0), try node.value(1))
    var product = a.matmul(
      b, transposeA: node.flag("transA"), transposeB: node.flag("transB"))
    let alpha = node.float("alpha", default: 1)
    if alpha != 1 { product = product * alpha }
    let beta = node.float("beta", default: 1)
    if let c = try node.optionalValue(2), beta != 0 {
      product = product + (beta == 1 ? c : c * beta)
    }
    return try node.like(0, product)
  }

  private static func einsum(_ node: OperatorContext) throws -> ImportedTensor {
    let equation = node.string("equation") ?? ""
    let operands = try node.tensors().map(\.value)
    var sum = try EinsumForm(equation, ranks: operands.map(\.shape.rank), node)
    return try node.like(0, sum.build(operands, node))
  }
}

/// An Einstein summation: labels of each operand's axes and of the result's.
///
/// Operands are joined pair by pair. Labels that no later operand and no result has are summed as
/// soon as possible: by the product where both have them, before it where one has.
private struct EinsumForm {
  private typealias Labels = [Character]
  private var operands: [Labels]
  private var result: Labels

  /// Stands for the axes of an ellipsis, outermost first.
  private static let ellipsis: [Character] = Array("0123456789")

  init(_ equation: String, ranks: [Int], _ node: OperatorContext) throws {
    let text = equation.filter { !$0.isWhitespace }
    let sides = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == ranks.count, sides.count == 1 || sides[1].first == ">" else {
      throw node.wrong("equation '\(equation)' does not fit \(ranks.count) operands")
    }
    var widest = 0
    let expanded = try zip(terms, ranks).map { term, rank in
      let named = term.filter(\.isLetter).count
      guard term.contains("...") ? rank >= named : rank == named, rank - named <= 8 else {
        throw node.wrong("'\(term)' does not name the axes of a tensor of \(rank)")
      }
      widest = max(widest, rank - named)
      return (String(term), rank - named)
    }
    let all = Self.ellipsis[..<widest]
    operands = expanded.map { term, count in Self.labels(term, Array(all.suffix(count))) }
    if sides.count == 2 {
      result = Self.labels(String(sides[1].dropFirst()), Array(all))
    } else {
      // Without an arrow: the ellipsis, then what occurs once, in alphabetic order.
      let flat = operands.flatMap { $0 }
      let once = Set(flat.filter { label in flat.filter { $0 == label }.count == 1 })
      result = Array(all) + once.filter(\.isLetter).sorted()
    }
    let known = Set(operands.flatMap { $0 })
    guard Set(result).count == result.count, result.allSatisfy(known.contains) else {
      throw node.wrong("the result of equation '\(equation)' has a label twice or of no operand")
    }
  }

  private static func labels(_ term: String, _ ellipsis: Labels) -> Labels {
    guard let range = term.range(of: "...") else { return Array(term) }
    return Array(term[..<range.lowerBound]) + ellipsis + Array(term[range.upperBound...])
  }

  mutating func build(_ values: [Value], _ node: OperatorContext) throws -> Value {
    var values = values
    for index in values.indices {
      (operands[index], values[index]) = diagonal(operands[index], values[index], node)
    }
    while values.count > 1 {
      let needed = Set(result + operands.dropFirst(2).flatMap { $0 })
      let pair = product((operands[0], values[0]), (operands[1], values[1]), needed)
      operands.replaceSubrange(0..<2, with: [pair.0])
      values.replaceSubrange(0..<2, with: [pair.1])
    }
    let (labels, value) = summed(operands[0], values[0], keeping: Set(result))
    return value.transpose(result.compactMap(labels.firstIndex))
  }

  /// One axis for labels that occur twice.
  private func diagonal(
    _ labels: Labels, _ value: Value, _ node: OperatorContext
  ) -> (Labels, Value) {
    var (labels, value) = (labels, value)
    while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }),
      let first = labels.firstIndex(of: labels[second])
    {
      var (row, column) = (value.shape.dims.map { _ in 1 }, value.shape.dims.map { _ in 1 })
      row[first] = value.shape[first]
      column[second] = value.shape[second]
      let isDiagonal =
        node.builder.iota(.i64, Shape(row), axis: first)
        .== node.builder.iota(.i64, Shape(column), axis: second)
      value = isDiagonal.select(value, node.zero(value.dtype)).sum(axes: [second])
      labels.remove(at: second)
    }
    return (labels, value)
  }

  private func summed(
    _ labels: Labels, _ value: Value, keeping kept: Set<Character>
  ) -> (Labels, Value) {
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    guard !axes.isEmpty else { return (labels, value) }
    return (labels.filter(kept.contains), value.sum(axes: axes))
  }

  /// The product of two operands over the labels that only they have.
  private func product(
    _ a: (Labels, Value), _ b: (Labels, Value), _ needed: Set<Character>
  ) -> (Labels, Value) {
    let (aLabels, aValue) = summed(a.0, a.1, keeping: needed.union(b.0))
    let (bLabels, bValue) = summed(b.0, b.1, keeping: needed.union(a.0))
    let shared = aLabels.filter(bLabels.contains)
    // An axis of size 1 broadcasts: it cannot be part of a product's sum as it is.
    var sizes: [Character: Int] = [:]
    for (label, size) in zip(aLabels + bLabels, aValue.shape.dims + bValue.shape.dims) {
      sizes[label] = max(sizes[label] ?? 0, size)
    }
    func wide(_ labels: Labels, _ value: Value) -> Value {
      value.broadcast(
        to: Shape(labels.map { shared.contains($0) ? sizes[$0] ?? 1 : sizes[$0] ?? 1 }))
    }
    let batch = shared.filter(needed.contains)
    let inner = shared.filter { !needed.contains($0) }
    let rows = aLabels.filter { !shared.contains($0) }
    let columns = bLabels.filter { !shared.contains($0) }
    func count(_ labels: Labels) -> Int { labels.reduce(1) { $0 * (sizes[$1] ?? 1) } }
    func matrix(_ labels: Labels, _ value: Value, _ order: [Labels]) -> Value {
      let permutation = order.flatMap { $0 }.compactMap(labels.firstIndex)
      return wide(labels, value).transpose(permutation).reshape(order.map(count))
    }
    let left = matrix(aLabels, aValue, [batch, rows, inner])
    let right = matrix(bLabels, bValue, [batch, inner, columns])
    let labels = batch + rows + columns
    return (labels, left.matmul(right).reshape(labels.map { sizes[$0] ?? 1 }))
  }
}

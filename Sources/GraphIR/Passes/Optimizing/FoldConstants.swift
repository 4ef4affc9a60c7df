extension Pass {
  /// Replaces what has constant operands only by its value.
  package static func foldConstants(_ reason: String) -> Pass {
    Pass("foldConstants", reason) { graph in
      graph.rewritten(by: "foldConstants") { _, node, builder in
        node.folded(in: builder.graph).map(builder.constant)
      }.withoutDeadNodes
    }
  }
}

extension Node {
  /// Results of more elements would make the generated C long.
  private static let largestResult = 4096
  /// Operands of more elements would make compiling slow.
  private static let largestOperand = 65536

  /// The value from the op's reference, rounded to the element type. Nil where an operand is no
  /// constant, where the value is better computed, or where a double does not hold it.
  fileprivate func folded(in graph: Graph) -> Tensor? {
    // A broadcast value costs nothing as it is, and its elements would.
    guard !operands.isEmpty, type.shape.count <= Node.largestResult, !(op is Broadcast),
      !(op is Random)
    else { return nil }
    var values: [ReferenceTensor] = []
    for operand in operands {
      guard let constant = graph[operand].op as? Constant,
        constant.tensor.count <= Node.largestOperand
      else { return nil }
      values.append(ReferenceTensor(constant.tensor.type, constant.tensor.doubles))
    }
    guard values.allSatisfy(\.isExact) else { return nil }
    let result = ReferenceTensor(type, op.reference(values, type))
    return result.isExact ? Tensor(type, doubles: result.values) : nil
  }
}

extension ReferenceTensor {
  /// False for integers that a double does not hold, or that overflow their type: machine
  /// arithmetic has other results then.
  fileprivate var isExact: Bool {
    if type.dtype.isFloat { return true }
    return values.allSatisfy { $0.magnitude < 0x1p53 }
      && Tensor(type, doubles: values).doubles == values
  }
}

extension Pass {
  static let bindShapes = Pass(
    "bindShapes", "An operand that lends only its shape would be kept alive for nothing."
  ) { graph in
    graph.rewritten(by: "bindShapes", where: \.lendsShape) { _, node, builder in
      switch node.op {
      case let random as Random where random.shape == nil:
        let bound = Random(
          random.distribution, random.dtype, node.type.shape, stream: random.stream)
        return builder.append(bound, [builder.value(node.operands[0])])
      case let reshape as Reshape where reshape.shape != node.type.shape.dims:
        return builder.append(Reshape(node.type.shape.dims), [builder.value(node.operands[0])])
      default: return nil
      }
    }
  }
}

extension Node {
  /// Whether it takes its shape from an operand, or could.
  fileprivate var lendsShape: Bool {
    switch op {
    case let random as Random: random.shape == nil
    case let reshape as Reshape: reshape.shape != type.shape.dims
    default: false
    }
  }
}

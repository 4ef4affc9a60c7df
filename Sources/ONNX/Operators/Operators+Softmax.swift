import GraphIR

// Distributions over classes, losses on them, and dropout.

extension OperatorTable {
  static let softmaxOperators: [Operator] = [
    overClasses("Softmax", coarse: { $0.maskedSoftmax(.bfloat16) }) { $0.softmax(axis: $1) },
    overClasses("LogSoftmax") { $0.logSoftmax(axis: $1) },
    overClasses("Hardmax") { x, axis in
      let counted = axis < 0 ? axis + x.shape.rank : axis
      var dims = [Int](repeating: 1, count: x.shape.rank - counted)
      dims[0] = x.shape[counted]
      let places = x.builder.iota(.i64, Shape(dims))
      return (x.argmax(axis: counted, keepDims: true) .== places).cast(to: x.dtype)
    },
    Operator("SoftmaxCrossEntropyLoss", ["ignore_index", "reduction"]) { node in
      let scores = try node.value(0)
      guard scores.shape.rank >= 2 else { throw node.wrong("\(scores.type) has no classes") }
      let logarithms = scores.logSoftmax(axis: 1)
      return [
        .tensor(try node.like(0, likelihood(node, logarithms))),
        .tensor(try node.like(0, logarithms)),
      ]
    },
    Operator(
      "NegativeLogLikelihoodLoss", ["ignore_index", "reduction"],
      tensor: { node in try node.like(0, likelihood(node, node.value(0))) }),
    Operator("Dropout", ["is_test", "ratio", "seed"], build: dropout),
    Operator(
      "SwiGLU", ["alpha"],
      tensor: { node in
        let gate = try node.value(0)
        let alpha = node.float("alpha", default: 1)
        let swish = alpha == 1 ? gate.silu() : gate * (gate * alpha).sigmoid()
        return try node.like(0, swish * node.value(1))
      }),
  ]

  /// A function along an axis; before version 13 over all axes from it on, as one.
  ///
  /// `coarse` is the same along the last axis of bfloat16, step by step.
  private static func overClasses(
    _ name: String, coarse: (@Sendable (Value) -> Value)? = nil,
    _ function: @escaping @Sendable (Value, Int) -> Value
  ) -> Operator {
    Operator(
      name, ["axis"],
      tensor: { node in
        let x = try node.value(0)
        if node.opset >= 13 {
          let axis = try node.axis(node.int("axis", default: -1), rank: x.shape.rank)
          let isCoarse = try node.tensor(0).elementType == .bfloat16
          if let coarse, isCoarse, axis == x.shape.rank - 1 { return try node.like(0, coarse(x)) }
          return try node.like(0, function(x, axis))
        }
        let axis = try node.axis(node.int("axis", default: 1), rank: x.shape.rank)
        if axis == x.shape.rank - 1 { return try node.like(0, function(x, axis)) }
        let rows = x.shape.dims[..<axis].reduce(1, *)
        let flat = x.reshape([rows, x.shape.dims[axis...].reduce(1, *)])
        return try node.like(0, function(flat, 1).reshape(x.shape))
      })
  }

  /// The negative of what axis 1 of `logarithms` has at the labels, weighted and reduced.
  private static func likelihood(_ node: OperatorContext, _ logarithms: Value) throws -> Value {
    let labels = try node.value(1)
    var expected = logarithms.shape.dims
    guard expected.count >= 2 else { throw node.wrong("\(logarithms.type) has no classes") }
    expected.remove(at: 1)
    guard labels.shape.dims == expected else {
      throw node.wrong("labels \(labels.type) do not fit \(logarithms.type)")
    }
    let trailing = [Int](repeating: 1, count: expected.count - 1)
    let classes = Shape([logarithms.shape[1]] + trailing)
    // A comparison and a sum fuse with the softmax, where a gather would not.
    let chosen = labels.expandDims(1) .== node.builder.iota(labels.dtype, classes)
    let zero = logarithms.constant(0)
    var loss = -chosen.select(logarithms, zero).sum(axes: [1])
    var weights: Value?
    if let given = try node.optionalValue(2) {
      let table = given.cast(to: logarithms.dtype).reshape(classes)
      weights = chosen.select(table, zero).sum(axes: [1])
    }
    if let ignored = node.int("ignore_index") {
      let counts = labels .!= labels.constant(Double(ignored))
      weights = counts.select(weights ?? logarithms.constant(1), zero)
    }
    if let weights { loss = loss * weights }
    switch node.string("reduction") ?? "mean" {
    case "none": return loss
    case "sum": return loss.sum()
    case "mean":
      return weights.map { loss.sum() / $0.broadcast(to: loss.shape).sum() } ?? loss.mean()
    case let other: throw node.wrong("'reduction' must not be '\(other)'")
    }
  }

  /// Elements dropped in training only: as operand 2 says, or where there is none as the import
  /// does.
  private static func dropout(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.value(0)
    let given = try node.optionalValue(2).map { try node.known($0, "the training mode").doubles }
    let isTraining = given.map { $0.first != 0 } ?? node.importer.options.isTraining
    let rate =
      try node.optionalValue(1).map { try node.known($0, "the ratio").doubles.first ?? 0.5 }
      ?? node.float("ratio", default: 0.5)
    guard rate >= 0, rate < 1 else { throw node.wrong("ratio \(rate) is not in 0..<1") }
    guard isTraining, rate > 0 else {
      let all = node.builder.constant(1, .bool).broadcast(to: x.shape)
      return [.tensor(try node.like(0, x)), ImportedValue(all)]
    }
    let key = node.builder.randomKey()
    let kept = node.builder.randomUniform(key: key, like: x, dtype: x.dtype) .>= rate
    let result = kept.select(x * (1 / (1 - rate)), x.constant(0))
    return [.tensor(try node.like(0, result)), ImportedValue(kept)]
  }
}

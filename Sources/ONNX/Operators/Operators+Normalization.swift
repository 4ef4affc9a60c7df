import GraphIR

// Means and variances taken out.

extension OperatorTable {
  static let normalizationOperators: [Operator] = [
    Operator(
      "BatchNormalization",
      ["consumed_inputs", "epsilon", "is_test", "momentum", "spatial", "training_mode"],
      build: batchNormalization),
    Operator(
      "InstanceNormalization", ["consumed_inputs", "epsilon"],
      tensor: { node in
        let x = try node.value(0)
        guard x.shape.rank >= 2, x.shape[1] > 0 else {
          throw node.wrong("\(x.type) has no channels")
        }
        return try node.like(
          0,
          x.groupNorm(
            groups: x.shape[1], gain: node.value(1), bias: node.value(2),
            epsilon: node.float("epsilon", default: 1e-5)))
      }),
    Operator("GroupNormalization", ["epsilon", "num_groups", "stash_type"], tensor: groupNorm),
    Operator("LayerNormalization", ["axis", "epsilon", "stash_type"], build: layerNorm),
    Operator(
      "RMSNormalization", ["axis", "epsilon", "stash_type"],
      tensor: { node in
        let x = try node.value(0)
        let axis = try node.axis(node.int("axis", default: -1), rank: x.shape.rank)
        let square = x.squared().mean(axes: Array(axis..<x.shape.rank), keepDims: true)
        let scale = (square + node.float("epsilon", default: 1e-5)).rsqrt()
        return try node.like(0, x * scale * node.value(1).cast(to: x.dtype))
      }),
    Operator(
      "MeanVarianceNormalization", ["axes"],
      tensor: { node in
        let x = try node.value(0)
        let axes = try node.axes(node.ints("axes") ?? [0, 2, 3], rank: x.shape.rank)
        let centered = x - x.mean(axes: axes, keepDims: true)
        let variance = centered.squared().mean(axes: axes, keepDims: true)
        return try node.like(0, centered / (variance.sqrt() + 1e-9))
      }),
    Operator(
      "LpNormalization", ["axis", "p"],
      tensor: { node in
        let x = try node.value(0)
        let axis = try node.axis(node.int("axis", default: -1), rank: x.shape.rank)
        let p = Double(node.int("p", default: 2))
        let norm = x.toPower(p).sum(axes: [axis], keepDims: true).root(p)
        return try node.like(0, x / (norm .== 0).select(norm.constant(1), norm))
      }),
    Operator("LRN", ["alpha", "beta", "bias", "size"], tensor: localResponse),
  ]

  /// With the running statistics, or as it trains: with those of the batch, and updates of the
  /// running ones.
  private static func batchNormalization(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.value(0)
    let (gain, bias) = (try node.value(1), try node.value(2))
    let (mean, variance) = (try node.value(3), try node.value(4))
    guard x.shape.rank >= 2, node.int("spatial", default: 1) == 1 else {
      throw UnsupportedUse("statistics of single elements are not supported")
    }
    let epsilon = node.float("epsilon", default: 1e-5)
    // No optimizer may train running statistics, though a gradient flows through them.
    for statistic in [mean, variance] { node.builder.makeState(statistic) }
    // Before version 14 the outputs told that a node trains.
    let hasStatistics = node.opset < 14 && (1..<5).contains(where: node.hasOutput)
    let isDeclared = node.flag("training_mode") || hasStatistics
    let updates = node.importer.options.isTraining && node.importer.isTrainable([mean, variance])
    guard isDeclared || updates else {
      let result = x.batchNorm(
        mean: mean.cast(to: x.dtype), variance: variance.cast(to: x.dtype),
        gain: gain.cast(to: x.dtype), bias: bias.cast(to: x.dtype), epsilon: epsilon)
      return [.tensor(try node.like(0, result))]
    }
    let result = x.batchNorm(
      gain: gain.cast(to: x.dtype), bias: bias.cast(to: x.dtype), epsilon: epsilon)
    let momentum = node.float("momentum", default: 0.9)
    let count = Double(x.shape.count / max(1, x.shape[1]))
    // ONNX keeps the variance of the batch as it is; PyTorch, whose models are trained here,
    // divides by the count less 1.
    let population = result.variance * (max(1, count - 1) / max(1, count))
    func blend(_ old: Value, _ new: Value) -> Value {
      old * momentum + new.cast(to: old.dtype) * (1 - momentum)
    }
    if updates {
      node.builder.updateOnce(mean, to: blend(mean, result.mean).stopGradient())
      node.builder.updateOnce(variance, to: blend(variance, result.variance).stopGradient())
    }
    let statistics = [blend(mean, result.mean), blend(variance, population)]
    let running = try statistics.enumerated().map { index, value in
      ImportedValue.tensor(try node.like(3 + index, value))
    }
    // Before version 14 the batch's own statistics followed.
    let saved = try [result.mean, population].map { ImportedValue.tensor(try node.like(0, $0)) }
    return [.tensor(try node.like(0, result.value))] + running + (node.opset < 14 ? saved : [])
  }

  private static func groupNorm(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let groups = try node.requiredInt("num_groups")
    guard x.shape.rank >= 2, groups > 0, x.shape[1] % groups == 0 else {
      throw node.wrong("\(groups) groups do not divide the channels of \(x.type)")
    }
    let parameters = try [1, 2].map { index in
      let parameter = try node.value(index).cast(to: x.dtype)
      // Before version 21 there was one number a group.
      let isGrouped = node.opset < 21 && parameter.shape.count == groups
      return isGrouped
        ? parameter.repeated(axes: [0], counts: [x.shape[1] / groups]) : parameter
    }
    return try node.like(
      0,
      x.groupNorm(
        groups: groups, gain: parameters[0], bias: parameters[1],
        epsilon: node.float("epsilon", default: 1e-5)))
  }

  private static func layerNorm(_ node: OperatorContext) throws -> [ImportedValue] {
    let x = try node.value(0)
    let rank = x.shape.rank
    let axis = try node.axis(node.int("axis", default: -1), rank: rank)
    let epsilon = node.float("epsilon", default: 1e-5)
    let isRow = axis == rank - 1
    let width = x.shape.dims[axis...].reduce(1, *)
    let rows = isRow ? x : x.reshape([x.shape.dims[..<axis].reduce(1, *), width])
    let normal = rows.normalized(epsilon: epsilon).reshape(x.shape)
    var result = normal * (try node.value(1).cast(to: x.dtype))
    if let bias = try node.optionalValue(2) { result = result + bias.cast(to: x.dtype) }
    guard node.hasOutput(1) || node.hasOutput(2) else { return [.tensor(try node.like(0, result))] }
    let axes = Array(axis..<rank)
    let variance = x.variance(axes: axes, keepDims: true)
    return [
      .tensor(try node.like(0, result)), ImportedValue(x.mean(axes: axes, keepDims: true)),
      ImportedValue((variance + epsilon).rsqrt()),
    ]
  }

  /// Krizhevsky et al. 2012: divided by a power of the squares of channels nearby.
  private static func localResponse(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let size = try node.requiredInt("size")
    guard x.shape.rank >= 2, (1...(1 << 24)).contains(size) else {
      throw node.wrong("\(size) channels of \(x.type)")
    }
    var low = [Int](repeating: 0, count: x.shape.rank)
    var high = low
    low[1] = (size - 1) / 2
    high[1] = size - 1 - low[1]
    let sums = x.squared().pad(low: low, high: high).sumPool(Windows(axes: [1], sizes: [size]))
    let alpha = node.float("alpha", default: 1e-4) / Double(size)
    let base = sums * alpha + node.float("bias", default: 1)
    return try node.like(0, x / base.pow(node.float("beta", default: 0.75)))
  }
}

extension Importer {
  /// Whether all of these are variables that the options let training change.
  func isTrainable(_ values: [Value]) -> Bool {
    values.allSatisfy { value in
      guard value.isValid, let variable = builder.graph[value.id].op as? Variable else {
        return false
      }
      return options.isTrainable(variable.key)
    }
  }
}

extension GraphBuilder {
  /// The first update of a variable counts: norms that share statistics leave the first's.
  fileprivate func updateOnce(_ variable: Value, to value: Value) {
    guard variable.isValid, !graph.updates.contains(where: { $0.variable == variable.id }) else {
      return
    }
    update(variable, to: value)
  }
}

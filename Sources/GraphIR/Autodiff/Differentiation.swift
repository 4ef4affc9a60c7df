// Reverse mode, graph to graph: the backward pass is appended to the graph as ordinary nodes, so
// it can be printed, optimized and differentiated again. Linear in the number of nodes; loops,
// never recursion, so the depth of a graph does not matter.

extension GraphBuilder {
  /// The gradients of `loss` with respect to `values`, each of its value's type.
  ///
  /// Without a seed `loss` is a float scalar. With one of `loss`'s type, the result is the
  /// vector-Jacobian product: the gradient of the sum of `seed * loss`. A value that no gradient
  /// reaches gets zeros; `differentiate` says which and why.
  public func gradients(
    of loss: Value, withRespectTo values: [Value], seed: Value? = nil
  ) -> [Value] {
    differentiate(loss, withRespectTo: values, seed: seed).gradients
  }

  /// The same as `gradients`, with a report of the values that no gradient reaches.
  public func differentiate(
    _ loss: Value, withRespectTo values: [Value], seed: Value? = nil
  ) -> GradientReport {
    let isValid = loss.isValid && values.allSatisfy(\.isValid) && seed?.isValid != false
    guard failure == nil, isValid else { return poisonedReport(values.count) }
    if let mistake = mistake(loss, seed) {
      _ = fail(mistake, at: graph[loss.id].location)
      return poisonedReport(values.count)
    }
    var pass = BackwardPass(self, loss: loss.id, values: values.map(\.id))
    pass.run(seed: seed)
    return pass.report()
  }

  private func mistake(_ loss: Value, _ seed: Value?) -> String? {
    let node = graph.describe(loss.id)
    guard loss.dtype.isFloat else {
      return "gradients: \(node) is no float, so it has no gradient; cast what it is made of"
    }
    if let seed {
      return seed.type == loss.type
        ? nil : "gradients: the seed \(graph.describe(seed.id)) must have the type of \(node)"
    }
    return loss.shape.rank == 0
      ? nil
      : "gradients: \(node) is not a scalar; reduce it with .sum() or .mean(), or give a seed "
        + "of type \(loss.type) for a vector-Jacobian product"
  }

  private func poisonedReport(_ count: Int) -> GradientReport {
    GradientReport(
      gradients: Array(repeating: value(NodeID(-1)), count: count), silences: [])
  }
}

/// One run over the nodes between some values and the loss, last node first.
private struct BackwardPass {
  private let builder: GraphBuilder
  private let loss: NodeID
  private let values: [NodeID]
  /// Whether a node depends on one of the values, for each node up to the loss.
  private var depends: [Bool]
  /// d loss / d node, as summed up so far.
  private var adjoints: [NodeID?]
  /// Why no gradient reached a node, where a function without one stood in the way.
  private var barriers: [Barrier?]

  private struct Barrier {
    let reason: String
    let node: NodeID
  }

  init(_ builder: GraphBuilder, loss: NodeID, values: [NodeID]) {
    self.builder = builder
    self.loss = loss
    self.values = values
    let count = loss.index + 1
    depends = [Bool](repeating: false, count: count)
    adjoints = [NodeID?](repeating: nil, count: count)
    barriers = [Barrier?](repeating: nil, count: count)
    for value in values where value <= loss { depends[value.index] = true }
    let first = values.min() ?? loss
    guard first < loss else { return }
    for index in first.index..<count where !depends[index] {
      depends[index] = builder.graph.nodes[index].operands.contains { depends[$0.index] }
    }
  }

  mutating func run(seed: Value?) {
    guard depends[loss.index] else { return }
    let one = seed ?? builder.constant(1, builder.graph[loss].type.dtype)
    adjoints[loss.index] = one.id
    // A node's users all come after it, so its adjoint is complete when the loop arrives.
    for index in stride(from: loss.index, through: values.min()?.index ?? 0, by: -1)
    where depends[index] {
      let node = builder.graph.nodes[index]
      if let adjoint = adjoints[index] {
        step(NodeID(index), node, builder.value(adjoint))
      } else if let barrier = barriers[index] {
        for operand in node.operands { block(operand, barrier) }
      }
      if builder.failure != nil { return }
    }
  }

  private mutating func step(_ id: NodeID, _ node: Node, _ gradient: Value) {
    if !node.label.isEmpty, gradient.id > loss, builder.graph[gradient.id].label.isEmpty {
      builder.setLabel(gradient.id, "d \(node.label)")
    }
    guard node.operands.contains(where: { depends[$0.index] }) else { return }
    let context = GradientContext(
      operands: node.operands.map(builder.value), result: builder.value(id), gradient: gradient)
    let rules = located(node) { node.op.gradient(context) }
    guard builder.failure == nil else { return }
    precondition(
      rules.count == node.operands.count, "\(node.op.name): one gradient an operand")
    for (operand, rule) in zip(node.operands, rules) where depends[operand.index] {
      let type = builder.graph[operand].type
      switch rule {
      case .value(let value) where type.dtype.isFloat:
        let summed = located(node) { value.summed(to: type.shape) }
        guard summed.isValid else { return }
        add(summed, to: operand, node)
      case .value:
        let reason = "\(type.dtype.rawValue) has no gradient"
        block(operand, Barrier(reason: reason, node: id))
      case .zero(let reason): block(operand, Barrier(reason: reason, node: id))
      }
    }
  }

  private mutating func add(_ gradient: Value, to operand: NodeID, _ node: Node) {
    guard let sum = adjoints[operand.index] else {
      adjoints[operand.index] = gradient.id
      return
    }
    adjoints[operand.index] = located(node) { builder.value(sum) + gradient }.id
  }

  private mutating func block(_ operand: NodeID, _ barrier: Barrier) {
    if barriers[operand.index] == nil { barriers[operand.index] = barrier }
  }

  /// Gradients are placed at the line of the node they belong to.
  private func located<Result>(_ node: Node, _ body: () -> Result) -> Result {
    guard let place = node.location else { return body() }
    return builder.located(file: place.file, line: place.line, body)
  }

  func report() -> GradientReport {
    var gradients: [Value] = []
    var silences: [GradientReport.Silence] = []
    for value in values {
      let node = builder.graph[value]
      if value <= loss, let adjoint = adjoints[value.index] {
        gradients.append(builder.value(adjoint))
        continue
      }
      let zeros = located(node) { builder.zeros(node.type) }
      gradients.append(node.label.isEmpty ? zeros : zeros.named("d \(node.label)"))
      let subject = builder.graph.subject(value)
      silences.append(.init(node: value, value: subject, reason: reason(value)))
    }
    return GradientReport(gradients: gradients, silences: silences)
  }

  private func reason(_ value: NodeID) -> GradientReport.Silence.Reason {
    let dtype = builder.graph[value].type.dtype
    if !dtype.isFloat { return .notFloat(dtype) }
    guard value <= loss, let barrier = barriers[value.index] else { return .notUsed }
    return .constant(barrier.reason, at: builder.graph.describe(barrier.node))
  }
}

extension GraphBuilder {
  /// Zeros of any type: a scalar constant, broadcast.
  func zeros(_ type: TensorType) -> Value {
    constant(0, type.dtype).broadcast(to: type.shape)
  }
}

extension Value {
  /// Undoes broadcasting: the sum over the axes along which `shape` was repeated to get this.
  func summed(to shape: Shape) -> Value {
    if !isValid || self.shape == shape { return self }
    // A rule may leave it at a constant that is the same everywhere.
    if Shape.broadcast(self.shape, shape) == shape { return broadcast(to: shape) }
    let lead = self.shape.rank - shape.rank
    let axes = self.shape.dims.indices.filter { axis in
      axis < lead || (shape[axis - lead] == 1 && self.shape[axis] != 1)
    }
    let sum = axes.isEmpty ? self : self.sum(axes: axes, keepDims: false)
    return sum.shape == shape ? sum : sum.reshape(shape.dims)
  }
}

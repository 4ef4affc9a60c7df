/// A forward graph made into one whole training step: backward pass, clipping and the update of
/// every parameter.
public struct TrainingStep {
  /// Outputs of the forward graph, and `lr` (f64), and `grad_norm` (f64) where the norm is clipped.
  public let graph: Graph
  /// One line for each parameter that gets no gradient, or only zeros.
  public let report: [String]

  /// The graph that trains `forward`, whose output `loss` must be a float scalar.
  ///
  /// States of the optimizer are state variables named `optimizer.PARAMETER.STATE`, and the number
  /// of steps done is `optimizer.step`, an i64 scalar. A parameter that the loss does not use is
  /// left alone. Throws where `forward` or a setting cannot train.
  public static func build(
    forward: Graph, optimizer: Optimizer, schedule: Schedule = .constant,
    clip: GradientClipping = .none
  ) throws -> Graph {
    try TrainingStep(forward, optimizer: optimizer, schedule: schedule, clip: clip).graph
  }

  /// As `build`, keeping the report.
  public init(
    _ forward: Graph, optimizer: Optimizer, schedule: Schedule = .constant,
    clip: GradientClipping = .none
  ) throws {
    try optimizer.check()
    try schedule.check()
    try clip.check()
    guard let loss = forward.output("loss") else {
      throw BuildError(message: forward.missingOutput("loss"), location: nil)
    }
    let builder = GraphBuilder(continuing: forward)
    let parameters = try Self.trainable(forward)
    let backward = builder.differentiate(
      builder.value(loss), withRespectTo: parameters.map { builder.value($0.id) })
    if let failure = builder.failure { throw failure }
    report = backward.lines
    let reached = zip(parameters, backward.gradients).filter { parameter, _ in
      backward.isReached(parameter.id)
    }
    guard !reached.isEmpty else {
      let message = "graph '\(forward.name)': no gradient reaches a parameter\n"
      throw BuildError(
        message: message + report.joined(separator: "\n"), location: forward[loss].location)
    }

    let (gradients, norm) = clip.apply(reached.map(\.1))
    let step = builder.variable(
      "optimizer.step", .i64, .scalar, role: .state, initializer: .zeros)
    let next = step + 1
    let rate = schedule.rate(optimizer.learningRate, at: step).named("lr")
    let scalars = StepScalars(builder, time: next.cast(to: .f64), rate: rate)
    for ((parameter, _), gradient) in zip(reached, gradients) {
      let update = ParameterUpdate(
        scalars: scalars, name: parameter.variable.key, weight: builder.value(parameter.id),
        gradient: gradient)
      let new = builder.located(forward[parameter.id].location) { update.apply(optimizer) }
      builder.update(builder.value(parameter.id), to: new.named("new \(parameter.variable.key)"))
    }
    builder.update(step, to: next)
    builder.output("lr", rate)
    if let norm { builder.output("grad_norm", norm) }
    graph = try builder.build()
  }

  private static func trainable(
    _ graph: Graph
  ) throws(BuildError) -> [(id: NodeID, variable: Variable)] {
    let parameters = graph.parameters
    guard !parameters.isEmpty else {
      throw BuildError(
        message: "graph '\(graph.name)' has no parameters to train", location: nil)
    }
    let updated = Set(graph.updates.map(\.variable))
    if let (id, _) = parameters.first(where: { updated.contains($0.id) }) {
      throw BuildError(
        message: "\(graph.subject(id)) is updated already: give the forward graph, or make it a "
          + "state", location: graph[id].location)
    }
    return parameters
  }
}

extension GradientReport {
  /// Whether the loss depends on the value at all, if only through constant functions.
  fileprivate func isReached(_ node: NodeID) -> Bool {
    let silence = silences.first { $0.node == node }
    guard let silence else { return true }
    if case .constant = silence.reason { return true }
    return false
  }
}

extension GraphBuilder {
  func located<Result>(_ place: SourceLocation?, _ body: () -> Result) -> Result {
    guard let place else { return body() }
    return located(file: place.file, line: place.line, body)
  }
}

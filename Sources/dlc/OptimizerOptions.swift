import ArgumentParser
import GraphIR

/// How a training step updates the parameters.
struct OptimizerOptions: ParsableArguments {
  @Option(help: "One of \(Optimizer.names.joined(separator: ", ")).")
  var optimizer = "adam"
  @Option(name: .customLong("lr"), help: "Learning rate; the optimizer's own where not given.")
  var learningRate: Double?
  @Option(help: "Weight decay; the optimizer's own where not given.")
  var weightDecay: Double?
  @Option(help: "Scales the gradients down to this norm.")
  var clipNorm: Double?

  /// The whole training step of a forward graph, with what is to be said about its gradients.
  func trainingStep(_ forward: Graph) throws -> TrainingStep {
    try TrainingStep(
      forward,
      optimizer: .named(optimizer, learningRate: learningRate, weightDecay: weightDecay),
      clip: clipNorm.map { .globalNorm($0) } ?? .none)
  }
}

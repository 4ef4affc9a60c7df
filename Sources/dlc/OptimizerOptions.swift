import ArgumentParser
import GraphIR

/// What a training step minimizes, and how it updates the parameters.
struct OptimizerOptions: ParsableArguments {
  @Option(help: "The loss of an ONNX model's first output: \(ONNXLoss.names).")
  var loss: String?
  @Option(help: "One of \(Optimizer.names.joined(separator: ", ")).")
  var optimizer = "adam"
  @Option(name: .customLong("lr"), help: "Learning rate; the optimizer's own where not given.")
  var learningRate: Double?
  @Option(help: "Weight decay; the optimizer's own where not given.")
  var weightDecay: Double?
  @Option(help: "Scales the gradients down to this norm.")
  var clipNorm: Double?

  /// The forward graph of a model, in the form that is trained.
  func forward(_ model: ModelOptions) throws -> Graph { try loaded(model).graph }

  /// The same with the weights that its file has.
  func loaded(_ model: ModelOptions) throws -> LoadedGraph {
    guard ONNXSource.isMeant(by: model.model) else {
      guard loss == nil else { throw CommandError("\(model.model): --loss is for ONNX models") }
      return try model.loaded()
    }
    let loss = try ONNXLoss.named(loss ?? ONNXLoss.none.rawValue)
    var loaded = try model.loaded(isTraining: true)
    loaded.graph = try loss.added(to: loaded.graph, target: nil, source: model.model)
    return loaded
  }

  /// The whole training step of a forward graph, with what is to be said about its gradients.
  func trainingStep(_ forward: Graph) throws -> TrainingStep {
    try TrainingStep(
      forward,
      optimizer: .named(optimizer, learningRate: learningRate, weightDecay: weightDecay),
      clip: clipNorm.map { .globalNorm($0) } ?? .none)
  }
}

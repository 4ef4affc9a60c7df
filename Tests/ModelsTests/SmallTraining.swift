import Codegen
import GraphIR
import Models
import Runtime
import TestSupport

/// A zoo model's training step at a small size, with batches for it.
struct SmallTraining {
  let step: Graph

  /// Sizes that fill no tile of any kernel; 33 and 7 rows leave rests everywhere.
  static let sizes: [String: [String: Int]] = [
    "autoencoder": ["inputs": 19, "latent": 5],
    "classifier": ["inputs": 19, "width": 35, "classes": 7],
    "regression": ["inputs": 5, "width": 17],
    "vae": ["inputs": 19, "latent": 3],
    "cnn": ["inputs": 64, "width": 3, "classes": 5],
    "diffusion": ["inputs": 16, "width": 16],
    "linear-probe": ["features": 9, "classes": 4],
    "mlp-probe": ["features": 9, "hidden": 6, "classes": 4],
    "attention": ["tokens": 7, "dim": 6, "heads": 2],
    "transformer": ["tokens": 7, "dim": 6, "heads": 2, "layers": 2, "vocab": 11],
  ]

  init(step: Graph) { self.step = step }

  init(_ name: String, batch: Int, optimizer: Optimizer = .adam()) throws {
    let forward = try Zoo.named(name).build(batch: batch, sizes: Self.sizes[name] ?? [:])
    step = try TrainingStep.build(forward: forward, optimizer: optimizer)
  }

  /// Inputs in 0...1, classes among the model's.
  func batch(_ index: Int) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (place, (_, input)) in step.inputs.enumerated() {
      let seed = FixtureGenerator.batchSeed(step: index, index: place)
      let type = input.type
      let values = FixtureGenerator.uniform(seed: seed, count: type.shape.count).map(Double.init)
      tensors[input.key] = Tensor(
        type, doubles: type.dtype.isFloat ? values : values.map { ($0 * 4).rounded(.down) })
    }
    return tensors
  }

  /// Every variable after some steps from seed 1, and the loss of each step.
  func train(
    steps: Int, options: Compilation.Options
  ) throws -> (weights: [String: Tensor], losses: [Float]) {
    let state = try ModelState(StateLayout([step]))
    try state.initialize(step, seed: 1, options: options)
    let executable = try Compilation.executable(step, state: state, options: options)
    var losses: [Float] = []
    for index in 0..<steps {
      let outputs = try executable.run(batch(index))
      losses += outputs["loss"]?.values(as: Float.self) ?? [.nan]
    }
    return (Dictionary(uniqueKeysWithValues: state.tensors.map { ($0.name, $0.tensor) }), losses)
  }
}

import GraphIR
import Models
import Runtime

extension TrainOutput {
  /// How well digits can be told apart by the frozen encoder's latents: a linear and a small
  /// classifier are trained on those of the training images and tested on those of the others.
  ///
  /// Data without labels has no probes.
  func probe(_ report: inout TrainReport) throws {
    guard let test = subject.test, subject.train.index(of: "y") != nil,
      test.index(of: "y") != nil
    else { return }
    let (train, held) = (try latents(subject.train), try latents(test))
    let features = train.arrays[0].tensor.shape[1]
    let labels = try subject.train.array("y").tensor.doubles + test.array("y").tensor.doubles
    let classes = Int(labels.max() ?? 0) + 1
    for dataset in [train, held] { try dataset.requireLabels(below: classes) }
    for (figure, name) in [("linear_probe", "linear-probe"), ("mlp_probe", "mlp-probe")] {
      let zoo = try Zoo.named(name)
      let sizes = ["features": features, "classes": max(2, classes)]
      let model = TrainingModel(name: name, optimizer: .adam(learningRate: 1e-3)) { rows in
        try zoo.build(batch: rows, sizes: sizes)
      }
      let settings = TrainingSettings(
        batch: 128, length: .epochs(20), seed: trainer.settings.seed,
        options: trainer.settings.options)
      let probe = try Trainer(model: model, train: train, settings: settings)
      _ = try probe.run(isInterrupted: { interrupt.isRaised })
      report.add(figure, try probe.evaluate(held).accuracy)
    }
  }

  private func latents(_ dataset: Dataset) throws -> Dataset {
    let labels = try dataset.array("y")
    return try Dataset([
      Dataset.Entry(
        name: "x", tensor: trainer.predict("latent", of: dataset), file: "latents"),
      labels,
    ])
  }
}

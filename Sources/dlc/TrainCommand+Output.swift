import GraphIR
import Models
import ONNX
import Runtime

/// What a finished training leaves: weights, pictures, and the figures of its model.
struct TrainOutput {
  let subject: TrainSubject
  let trainer: Trainer
  let folder: String
  let interrupt: Interrupt

  init(_ subject: TrainSubject, _ trainer: Trainer, folder: String, interrupt: Interrupt) {
    self.subject = subject
    self.trainer = trainer
    self.folder = folder
    self.interrupt = interrupt
  }

  func finish(_ result: TrainingResult, report: inout TrainReport) throws {
    try writeWeights(&report)
    try writeModel(&report)
    try writeCurve(result, &report)
    let last = result.epochs.last
    switch subject.name {
    case "autoencoder":
      report.add(subject.hasOwnLoss ? "test_mse" : "test_loss", last?.validationLoss)
      try writeReconstructions(&report)
      try probe(&report)
    case "vae":
      report.add("test_loss", last?.validationLoss)
      try writeReconstructions(&report)
      try writeSamples(&report)
    default:
      report.add("test_loss", last?.validationLoss)
      report.add("test_accuracy", last?.accuracy)
    }
    report.add("loss", last?.loss)
  }

  private func writeWeights(_ report: inout TrainReport) throws {
    let state = trainer.state
    let tensors = try subject.onnx?.savedWeights(state) ?? state.parameters
    let path = "\(folder)/weights.safetensors"
    try Safetensors(tensors: tensors, metadata: ["model": subject.name]).write(to: path)
    report.files.append(path)
  }

  /// The trained model for others to run; a graph that ONNX has no operators for is no mistake.
  private func writeModel(_ report: inout TrainReport) throws {
    let graph = try (subject.onnx?.evaluation ?? subject.forward)(subject.batch)
    let path = "\(folder)/model.onnx"
    do {
      // Without the step's random key: the model draws what it would draw with its weights alone.
      let weights = trainer.state.tensors.filter { !$0.name.hasPrefix("random.") }
      try ONNXOutput.write(graph, weights: Dictionary(weights) { $1 }, to: path)
      report.files.append(path)
    } catch let error as CommandError {
      Notes.write([error.description])
    }
  }

  private func writeCurve(_ result: TrainingResult, _ report: inout TrainReport) throws {
    let epochs = result.epochs
    let x = epochs.map { Double($0.epoch) }
    var chart = LineChart(title: "\(subject.name): loss", xLabel: "epoch", yLabel: "loss")
    chart.series = [LineChart.Series("training", x: x, y: epochs.map(\.loss))]
    if epochs.contains(where: { $0.validationLoss != nil }) {
      let losses = epochs.map { $0.validationLoss ?? .nan }
      chart.series.append(LineChart.Series("validation", x: x, y: losses))
    }
    let path = "\(folder)/loss.svg"
    try chart.write(to: path)
    report.files.append(path)
  }

  /// Test images in the first row, what the model makes of them in the second.
  private func writeReconstructions(_ report: inout TrainReport) throws {
    guard let test = subject.test, test.count > 0 else { return }
    let shown = test.rows(0..<min(16, test.count))
    let images = try shown.array("x").tensor
    let size = images.count / shown.count
    let height = images.shape.rank > 2 ? images.shape[images.shape.rank - 2] : 1
    var grid = ImageGrid(tileHeight: height, tileWidth: size / height)
    grid.addRow(images)
    grid.addRow(try trainer.predict("reconstruction", of: shown))
    try write(grid, "reconstructions.png", &report)
  }

  /// Images decoded from standard normal noise.
  private func writeSamples(_ report: inout TrainReport) throws {
    let layout = trainer.state.layout
    guard let first = layout["d0.w"]?.type.shape, let last = layout["d1.w"]?.type.shape else {
      return
    }
    let (rows, columns) = (8, 16)
    let builder = GraphBuilder("decoder")
    let key = builder.constant(Tensor([Int64(trainer.settings.seed), -2], shape: [2]))
    let noise = builder.randomNormal(key: key, shape: [rows * columns, first[0]], stream: 0)
    let decoder = Sequential(
      Linear(builder, "d0", inputs: first[0], outputs: first[1]), Activation.relu,
      Linear(builder, "d1", inputs: last[0], outputs: last[1]))
    builder.output("images", decoder(noise).sigmoid())
    let executable = try Compilation.executable(
      builder.build(), state: trainer.state, options: trainer.settings.options)
    executable.run()
    guard let images = executable.output("images") else { return }
    let side = Int(Double(last[1]).squareRoot())
    let height = side * side == last[1] ? side : 1
    var grid = ImageGrid(tileHeight: height, tileWidth: last[1] / height)
    for row in 0..<rows { grid.addRow(images.rows(row * columns..<(row + 1) * columns)) }
    try write(grid, "samples.png", &report)
  }

  private func write(
    _ grid: ImageGrid, _ name: String, _ report: inout TrainReport
  ) throws {
    let path = "\(folder)/\(name)"
    try grid.picture().writePNG(to: path)
    report.files.append(path)
  }
}

extension ModelState {
  /// The variables that are trained, in the layout's order.
  fileprivate var parameters: [(name: String, tensor: Tensor)] {
    layout.entries.filter { $0.role == .parameter }.compactMap { entry in
      self[entry.name].map { (name: entry.name, tensor: $0) }
    }
  }
}

extension TrainONNX {
  /// All initializers of the file by name: trained, updated, and as they were.
  fileprivate func savedWeights(_ state: ModelState) throws -> [(name: String, tensor: Tensor)] {
    try source.model.initializers().map { name, tensor in
      (name: name, tensor: state[name] ?? tensor.tensor)
    }
  }
}

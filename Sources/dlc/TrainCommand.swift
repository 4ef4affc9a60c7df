import ArgumentParser
import Foundation
import GraphIR
import Runtime

/// `dlc train`: trains a model of the zoo, an ONNX model, or a graph in the text form.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model.",
    discussion: """
      Without --data, models of images train on 5,000 digits of MNIST that are built in, and \
      regression on 16,384 made-up rows: features uniform in -1...1, the target the sum of \
      sin(pi/2 (1 + i mod 3) x_i) over the square root of their number.

      An ONNX model trains on --data, an .npz or .safetensors file with an array for each input and \
      the array target, whose first axis counts the samples. Its parameters are the float \
      initializers with axes that a gradient of the loss reaches; normalizations use the statistics \
      of their batch and keep running ones, but where these are frozen. --loss compares the first \
      output with target: cross-entropy takes logits and class numbers or probabilities; with none \
      the first output is the loss.

      The folder of --out gets weights.safetensors, metrics.csv, loss.svg, and the checkpoints \
      last.safetensors and best.safetensors, which --resume goes on from.
      """)

  @Argument(help: "A model of the zoo, an .onnx file, or a file with a graph in the text form.")
  var model: String
  @Option(help: "A folder of IDX files, or a file: .csv, .tsv, .npy, .npz, .safetensors.")
  var data: String?
  @Option(help: "Train on another loss: \(ONNXLoss.names); none is for ONNX models.")
  var loss: String?
  @Option(help: "Do not train initializers whose names match, such as 'encoder.*'.")
  var freeze: [String] = []
  @Option(help: "Train only initializers whose names match.") var trainOnly: [String] = []
  @Option(help: "NAME=SIZE, for each symbolic dimension of an ONNX model that no data decides.")
  var dim: [String] = []
  @Option(help: "The optimizer: \(Optimizer.names.joined(separator: ", ")).")
  var optimizer = "adam"
  @Option(help: "The learning rate; each optimizer has a default.") var lr: Double?
  @Option(help: "The learning rate over time: \(Schedule.forms).") var schedule = "constant"
  @Option(help: "Scale the gradients down to this norm where theirs is larger.")
  var clipNorm: Double?
  @Option(help: "Keep every element of the gradients within this distance of 0.")
  var clipValue: Double?
  @Option(help: "Weight decay.") var weightDecay: Double?
  @Option(help: "Rows of a step.") var batch: Int?
  @Option(help: "Times to go through the data.") var epochs: Int?
  @Option(help: "Steps to do, instead of epochs.") var steps: Int?
  @Option(help: "Decides initial weights, order of the data, and noise.") var seed = 0
  @Option(help: "Threads; the result does not depend on them. All cores when not given.")
  var threads: Int?
  @Flag(help: "Take the rows in the order of the data.") var noShuffle = false
  @Option(help: "The folder for results.") var out = "out"
  @Flag(help: "Go on from the last checkpoint in the folder.") var resume = false
  @Option(help: "Write a checkpoint every so many steps, besides after each epoch.")
  var checkpointEvery: Int?
  @Flag(help: "Print one line of JSON an epoch, and one with the result.") var json = false
  @Option(help: "Who compiles the C: tcc (built in) or cc (the system's compiler).")
  var compiler: TrainCompiler = .tcc
  @OptionGroup(title: "Shape options") var shape: ShapeOptions

  func validate() throws {
    if epochs != nil && steps != nil {
      throw ValidationError("--epochs and --steps exclude each other")
    }
    if clipNorm != nil && clipValue != nil {
      throw ValidationError("--clip-norm and --clip-value exclude each other")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    let interrupt = Interrupt.install()
    let subject = try subject()
    let settings = try settings(for: subject)
    let model = try trainingModel(subject, settings)
    let setupSeconds = start.secondsToNow
    let trainer = try Trainer(
      model: model, train: subject.train, test: subject.test, settings: settings)
    let progress = Progress(isTerminal: StandardError.isTerminal)
    do {
      let result = try trainer.run(
        observe: { event in
          progress.show(event)
          if json, case .epoch(let report) = event {
            try StandardOutput.write(TrainReport.line(report, seconds: start.secondsToNow))
          }
        },
        isInterrupted: { interrupt.isRaised })
      progress.end()
      var report = TrainReport(result, setupSeconds: setupSeconds)
      try TrainOutput(subject, trainer, folder: out, interrupt: interrupt)
        .finish(result, report: &report)
      report.seconds = start.secondsToNow
      try StandardOutput.write(json ? report.json : report.text)
    } catch {
      progress.end()
      guard let stop = error as? TrainingInterrupted else { throw error }
      throw Interrupted(
        description: stop.checkpoint == nil
          ? "interrupted after the training; \(out)/last.safetensors holds it, --resume goes on"
          : "\(stop); --resume goes on")
    }
  }

  private func subject() throws -> TrainSubject {
    guard ONNXSource.isMeant(by: model) else {
      if !freeze.isEmpty || !trainOnly.isEmpty || !dim.isEmpty {
        throw CommandError("\(model): --freeze, --train-only and --dim are for ONNX models")
      }
      return try TrainSubject(model, data: data, loss: loss, batch: batch, shape: shape.sizes)
    }
    guard let data else {
      throw CommandError(
        "\(model): give --data FILE.npz with an array for each input, and 'target'")
    }
    if let batch, batch < 1 { throw CommandError("--batch must be 1 row or more, not \(batch)") }
    if let size = shape.sizes.keys.min() {
      let option = ShapeOptions.option(size)
      throw CommandError("\(model): \(option) is for models of the zoo; --dim sets an ONNX size")
    }
    let (train, test) = try Dataset.load(data)
    let onnx = try TrainONNX(
      model, data: train, loss: ONNXLoss.named(loss ?? ONNXLoss.none.rawValue),
      selection: ParameterSelection(freeze: freeze, only: trainOnly), dims: dim, batch: batch)
    let list = onnx.parameters.joined(separator: ", ")
    Notes.write(["training \(onnx.parameters.count) parameters: \(list)"])
    return TrainSubject(onnx: onnx, test: test, batch: batch)
  }

  private func settings(for subject: TrainSubject) throws -> TrainingSettings {
    let count = threads ?? ProcessInfo.processInfo.activeProcessorCount
    guard (1...1024).contains(count) else {
      throw CommandError("--threads must be 1 to 1024, not \(count)")
    }
    var settings = TrainingSettings(
      batch: subject.batch, length: steps.map { .steps($0) } ?? .epochs(epochs ?? subject.epochs),
      seed: seed, options: .init(threads: count, compiler: compiler.compiler), folder: out)
    settings.shuffles = !noShuffle
    settings.resumes = resume
    settings.checkpointEvery = checkpointEvery
    return settings
  }

  private func trainingModel(
    _ subject: TrainSubject, _ settings: TrainingSettings
  ) throws -> TrainingModel {
    let optimizer = try Optimizer.named(optimizer, learningRate: lr, weightDecay: weightDecay)
    let total = settings.steps(samples: subject.train.count)
    let schedule = try Schedule(parsing: schedule, steps: max(1, total))
    let clip: GradientClipping =
      clipNorm.map { .globalNorm($0) } ?? clipValue.map { .value($0) } ?? .none
    if let graph = subject.whole { return try TrainingModel(whole: graph) }
    var model = TrainingModel(
      name: subject.name, optimizer: optimizer, schedule: schedule, clip: clip,
      evaluation: subject.onnx?.evaluation, forward: subject.forward)
    model.initialValues = subject.onnx?.weights ?? [:]
    return model
  }
}

/// The values of `--compiler`.
enum TrainCompiler: String, CaseIterable, ExpressibleByArgument {
  case tcc, cc

  var compiler: Compiler { self == .tcc ? .tcc : .system(path: "cc") }
}

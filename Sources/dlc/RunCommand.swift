import ArgumentParser
import GraphIR
import Runtime

/// `dlc run`: one forward pass from files to files.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a model forward on tensors from files.",
    discussion: """
      Only the inputs that the asked outputs need must be given. Other numbers of rows than the
      model has are fine where its ops allow them. In .npz and .safetensors files arrays go by their
      names; several outputs may go to one file.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Data") var options: RunOptions
  @Option(
    name: .customLong("output"),
    help: "NAME=FILE, for each output wanted (.npy, .npz, .safetensors, .pb).")
  var outputs: [String] = []

  func validate() throws {
    guard !outputs.isEmpty else { throw ValidationError("give an --output NAME=FILE or more") }
  }

  func run() throws {
    let files = try TensorFile.all(outputs, option: "output")
    try TensorFiles.check(files)
    let tensors = try options.tensors()
    let loaded = try model.loaded(inputs: tensors, outputs: files.map(\.name))
    try TensorFiles.write(files, options.run(loaded))
  }
}

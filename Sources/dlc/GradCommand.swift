import ArgumentParser
import Foundation
import GraphIR
import Runtime

/// `dlc grad`: gradients of an output, into files.
struct GradCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grad", abstract: "Write the gradients of a scalar output.",
    discussion: """
      The gradients of the output `loss`, or else of the only output, with respect to every
      parameter and every float input, each as DIR/NAME.npy. With a seed, of the output's type,
      they are the vector-Jacobian product: the gradients of the sum of seed * output.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Data") var options: RunOptions
  @Option(help: "The folder for the gradients.") var outputDir: String
  @Option(help: "A tensor of the output's type for a vector-Jacobian product.")
  var seedGrad: String?

  func run() throws {
    var loaded = try model.loaded(inputs: options.tensors())
    let graph = loaded.graph
    let output = try target(graph)
    var seed: (name: String, type: TensorType)?
    if let seedGrad {
      // Not an input's name, whatever names the inputs have.
      let name = "seed" + graph.inputs.map(\.input.key).joined()
      let tensor = try TensorFiles.read("seed", from: seedGrad)
      loaded.inputs[name] = tensor
      seed = (name, tensor.type)
    }
    let values = try self.values(graph)
    loaded.graph = try self.gradients(of: output, in: graph, values.map(\.id), seed: seed)
    let results = try options.run(loaded)
    for (place, value) in values.enumerated() {
      guard let tensor = results[Self.output(place)] else { continue }
      try NPY.write(tensor, to: "\(outputDir)/\(FileName.of(value.name)).npy")
    }
  }

  private func target(_ graph: Graph) throws -> String {
    if graph.output("loss") != nil { return "loss" }
    if graph.outputs.count == 1 { return graph.outputs[0].name }
    let names = graph.outputs.map(\.name).joined(separator: ", ")
    throw CommandError(
      "\(model.model): graph '\(graph.name)' must have an output 'loss' or a single one; "
        + (names.isEmpty ? "it has none" : "it has \(names)"))
  }

  /// Outputs of the backward graph are numbered: names of inputs and parameters may clash.
  private static func output(_ place: Int) -> String { "gradient \(place)" }

  /// What there are gradients of: parameters and float inputs.
  private func values(_ graph: Graph) throws -> [(id: NodeID, name: String)] {
    let parameters = graph.parameters.map { (id: $0.id, name: $0.variable.key) }
    let inputs = graph.inputs.filter { $0.input.type.dtype.isFloat }
    let values = parameters + inputs.map { (id: $0.id, name: $0.input.key) }
    var files: Set<String> = []
    if let (_, name) = values.first(where: { !files.insert($0.name).inserted }) {
      throw CommandError("\(model.model): '\(name)' is an input and a parameter; rename one")
    }
    return values
  }

  private func gradients(
    of output: String, in graph: Graph, _ values: [NodeID], seed: (name: String, type: TensorType)?
  ) throws -> Graph {
    guard let loss = graph.output(output) else {
      throw CommandError("\(model.model): has no output '\(output)'")
    }
    let builder = GraphBuilder(continuing: graph)
    let seed = seed.map { builder.input($0.name, $0.type.dtype, $0.type.shape) }
    let report = builder.differentiate(
      builder.value(loss), withRespectTo: values.map(builder.value), seed: seed)
    for (place, gradient) in report.gradients.enumerated() {
      builder.output(Self.output(place), gradient)
    }
    let whole = try builder.build()
    Notes.write(report.lines)
    return try whole.keeping(outputs: values.indices.map(Self.output))
  }
}

/// File names made from names in a model, which may hold anything.
enum FileName {
  /// The name with what could lead out of a folder as %XX of its UTF-8 bytes; different names stay
  /// different.
  static func of(_ name: String) -> String {
    var result = ""
    for (place, byte) in name.utf8.enumerated() {
      let isHidden = place == 0 && byte == UInt8(ascii: ".")
      let isSafe = byte > 32 && byte < 127 && !"/\\%:*?\"<>|".utf8.contains(byte)
      if isSafe && !isHidden {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += String(format: "%%%02X", byte)
      }
    }
    return result.isEmpty ? "%" : result
  }
}

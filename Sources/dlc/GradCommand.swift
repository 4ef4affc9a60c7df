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
      they are the vector-Jacobian product: the gradients of the sum of seed * output. With
      --jacobian they are the output's whole Jacobian, the axes of the output first. With
      --hessian-vector they are the Hessian of the output times the vectors of the file, one for
      each parameter or input by name; what it has no vector for stays where it is.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Data") var options: RunOptions
  @Option(help: "The folder for the gradients.") var outputDir: String
  @Option(help: "A tensor of the output's type for a vector-Jacobian product.")
  var seedGrad: String?
  @Option(help: "Vectors by name (.npz or .safetensors) for a Hessian-vector product.")
  var hessianVector: String?
  @Flag(help: "Write Jacobians; the output may have any shape.") var jacobian = false
  @Option(
    name: .customLong("with-respect-to"),
    help: "Only parameters and inputs whose names match, such as 'l0.*'; may be repeated.")
  var patterns: [String] = []

  func validate() throws {
    let given = [seedGrad != nil, hessianVector != nil, jacobian].filter { $0 }.count
    if given > 1 {
      throw ValidationError("give one of --seed-grad, --hessian-vector and --jacobian")
    }
  }

  func run() throws {
    var loaded = try model.loaded(inputs: options.tensors())
    let graph = loaded.graph
    let output = try target(graph)
    let values = try self.values(graph)
    let derivative = try self.derivative(of: output, in: graph, values)
    for (name, tensor) in derivative.tensors { loaded.inputs[name] = tensor }
    loaded.graph = derivative.graph
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
  static func output(_ place: Int) -> String { "gradient \(place)" }

  /// What there are gradients of: parameters and float inputs.
  private func values(_ graph: Graph) throws -> [DifferentiatedValue] {
    let parameters = graph.parameters.map {
      DifferentiatedValue(id: $0.id, name: $0.variable.key, type: $0.variable.type)
    }
    let inputs = graph.inputs.filter { $0.input.type.dtype.isFloat }.map {
      DifferentiatedValue(id: $0.id, name: $0.input.key, type: $0.input.type)
    }
    let values = parameters + inputs
    var files: Set<String> = []
    if let twice = values.first(where: { !files.insert($0.name).inserted }) {
      throw CommandError("\(model.model): '\(twice.name)' is an input and a parameter; rename one")
    }
    guard !patterns.isEmpty else { return values }
    let known = values.map(\.name).joined(separator: ", ")
    for pattern in patterns where !values.contains(where: { fnmatch(pattern, $0.name, 0) == 0 }) {
      throw CommandError(
        "\(model.model): --with-respect-to '\(pattern)' matches no parameter or float input; "
          + (known.isEmpty ? "it has none" : "it has \(known)"))
    }
    return values.filter { value in
      patterns.contains { fnmatch($0, value.name, 0) == 0 }
    }
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

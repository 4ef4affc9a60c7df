import ArgumentParser
import Codegen
import Foundation
import GraphIR
import Runtime

/// What `run` and `grad` share: inputs and weights from files.
struct RunOptions: ParsableArguments {
  @Option(
    name: .customLong("input"),
    help: "NAME=FILE, for each input (.npy, .npz, .safetensors, .pb).")
  var inputs: [String] = []
  @Option(help: "The variables' values by name (.safetensors or .npz).") var weights: String?
  @Option(help: "Draws the variables where there are no weights.") var seed = 0
  @Option(help: "Threads; all cores where not given.") var threads: Int?

  func validate() throws {
    if let threads, !(1...Threads.most).contains(threads) {
      throw ValidationError("--threads must be in 1...\(Threads.most), not \(threads)")
    }
  }

  /// The tensors of `--input`, by name.
  func tensors() throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for file in try TensorFile.all(inputs, option: "input") {
      tensors[file.name] = try TensorFiles.read(file.name, from: file.file)
    }
    return tensors
  }

  /// Runs the graph once on its inputs; every output by name.
  ///
  /// Only the inputs that its outputs need must be given. Throws, with the input's name, where one
  /// is missing or of another element type.
  func run(_ loaded: LoadedGraph) throws -> [String: Tensor] {
    let (graph, tensors) = (loaded.graph, loaded.inputs)
    for (_, input) in graph.inputs {
      guard let tensor = tensors[input.key] else {
        throw CommandError(
          "input '\(input.key)' is missing: give --input \(input.key)=FILE with \(input.type)")
      }
      guard tensor.type == input.type else {
        throw CommandError(
          "input '\(input.key)' is \(tensor.type) in its file, the graph takes \(input.type)")
      }
    }
    let options = Compilation.Options(threads: threads ?? Threads.cores)
    let state = try ModelState(StateLayout([graph]))
    if !graph.variables.isEmpty { try state.initialize(graph, seed: seed, options: options) }
    for (name, tensor) in loaded.weights where state.layout[name] != nil {
      try state.set(name, to: tensor)
    }
    try load(into: state, drawn: loaded.weights.isEmpty)
    let executable = try Compilation.executable(graph, state: state, options: options)
    return try executable.run(
      tensors.filter { name, _ in
        graph.inputs.contains { $0.input.key == name }
      })
  }

  /// Files may hold more than the model has, such as the states of an optimizer.
  private func load(into state: ModelState, drawn: Bool) throws {
    let parameters = state.layout.entries.filter { $0.role == .parameter }
    guard let weights else {
      if drawn, !parameters.isEmpty {
        Notes.write(["no --weights: variables have their first values, drawn with seed \(seed)"])
      }
      return
    }
    let tensors = try TensorFiles.read(weights)
    for entry in state.layout.entries {
      guard let tensor = tensors[entry.name] else {
        guard entry.role == .parameter else { continue }
        throw CommandError("\(weights): has no weight '\(entry.name)', \(entry.type)")
      }
      do {
        try state.set(entry.name, to: tensor)
      } catch {
        throw CommandError("\(weights): \(error)")
      }
    }
  }
}

extension Graph {
  /// The graph for inputs of these tensors' types, such as another number of rows.
  func rebound(to tensors: [String: Tensor]) throws -> Graph {
    var types: [String: TensorType] = [:]
    for (_, input) in inputs {
      guard let tensor = tensors[input.key] else { continue }
      guard tensor.dtype == input.type.dtype else {
        throw CommandError(
          "input '\(input.key)' is \(tensor.type) in its file, the graph takes \(input.type): "
            + "save it as \(input.type.dtype.rawValue)")
      }
      if tensor.type != input.type { types[input.key] = tensor.type }
    }
    return types.isEmpty ? self : try rebound(inputs: types)
  }

  /// Throws where a name is no input's.
  func checkInputs(_ names: some Sequence<String>) throws {
    let known = inputs.map(\.input.key)
    guard let name = names.sorted().first(where: { !known.contains($0) }) else { return }
    let question = NearestName.of(name, among: known).map { ", did you mean '\($0)'?" } ?? ""
    let list = known.isEmpty ? "it takes none" : "it takes \(known.joined(separator: ", "))"
    throw CommandError("graph '\(self.name)' has no input '\(name)'\(question); \(list)")
  }

  /// Only these outputs, without updates and without what they do not need.
  func keeping(outputs names: [String]) throws -> Graph {
    var result = Graph(name: name)
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for name in names {
      guard let value = output(name) else {
        let known = outputs.map(\.name)
        let question = NearestName.of(name, among: known).map { ", did you mean '\($0)'?" } ?? ""
        throw CommandError(
          "graph '\(self.name)' has no output '\(name)'\(question); "
            + "it has \(known.joined(separator: ", "))")
      }
      isNeeded[value.index] = true
    }
    for index in nodes.indices.reversed() where isNeeded[index] {
      for operand in nodes[index].operands { isNeeded[operand.index] = true }
    }
    var moved = Array(ids)
    for (index, node) in nodes.enumerated() where isNeeded[index] {
      var node = node
      node.operands = node.operands.map { moved[$0.index] }
      moved[index] = NodeID(result.nodes.count)
      result.nodes.append(node)
    }
    for name in names {
      guard let value = output(name) else { continue }
      result.outputs.append(Output(name: name, value: moved[value.index]))
    }
    return result
  }
}

import GraphIR
import Runtime

/// A parameter or an input that there are gradients of.
struct DifferentiatedValue {
  let id: NodeID
  let name: String
  let type: TensorType
}

extension GradCommand {
  /// The graph of what was asked for, an output for each value, and tensors for further inputs.
  func derivative(
    of output: String, in graph: Graph, _ values: [DifferentiatedValue]
  ) throws -> (graph: Graph, tensors: [String: Tensor]) {
    guard let target = graph.output(output) else {
      throw CommandError("\(model.model): has no output '\(output)'")
    }
    let builder = GraphBuilder(continuing: graph)
    let loss = builder.value(target)
    let x = values.map { builder.value($0.id) }
    // No input's name, whatever names the inputs have.
    let prefix = "vector" + graph.inputs.map(\.input.key).joined()
    var tensors: [String: Tensor] = [:]
    func input(_ place: Int, _ tensor: Tensor) -> Value {
      tensors["\(prefix) \(place)"] = tensor
      return builder.input("\(prefix) \(place)", tensor.dtype, tensor.shape)
    }
    let results: [Value]
    if jacobian {
      results = x.map { builder.jacobian(of: loss, withRespectTo: $0) }
    } else if let hessianVector {
      let vectors = try vectors(from: hessianVector, values)
      let given = values.indices.filter { vectors[$0] != nil }
      results = builder.hessianVectorProduct(
        of: loss, along: given.map { x[$0] },
        vectors: given.map { input($0, vectors[$0] ?? Tensor(zeros: values[$0].type)) },
        withRespectTo: x)
    } else {
      guard seedGrad != nil || loss.shape.count == 1 else {
        throw CommandError(
          "\(model.model): output '\(output)' is \(loss.type), not a scalar: give --seed-grad FILE "
            + "with a tensor of this type, --jacobian, or another --output")
      }
      let seed = try seedGrad.map { input(0, try TensorFiles.read("seed", from: $0)) }
      let report = builder.differentiate(loss, withRespectTo: x, seed: seed)
      results = report.gradients
      if builder.failure == nil { Notes.write(report.lines) }
    }
    for (place, result) in results.enumerated() { builder.output(Self.output(place), result) }
    return (try builder.build().keeping(outputs: values.indices.map(Self.output)), tensors)
  }

  /// The file's vectors in the order of the values, nil for those without.
  private func vectors(
    from path: String, _ values: [DifferentiatedValue]
  ) throws -> [Tensor?] {
    let tensors = try TensorFiles.read(path)
    let names = values.map(\.name)
    for name in tensors.keys.sorted() where !names.contains(name) {
      let question = NearestName.of(name, among: names).map { ", did you mean '\($0)'?" } ?? ""
      throw CommandError("\(path): no parameter or float input is named '\(name)'\(question)")
    }
    return try values.map { value in
      guard let tensor = tensors[value.name] else { return nil }
      guard tensor.type == value.type else {
        throw CommandError(
          "\(path): '\(value.name)' is \(tensor.type), the graph has \(value.type)")
      }
      return tensor
    }
  }
}

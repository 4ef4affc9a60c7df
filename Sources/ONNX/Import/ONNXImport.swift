import GraphIR

/// Makes ONNX models into graphs.
public enum ONNXImport {
  /// The model's forward graph.
  ///
  /// Float initializers with axes are its variables, smaller and other ones constants. Element
  /// types that dlc does not compute in are widened: float16 and bfloat16 to f32, integers of 8 and
  /// 16 bits to i32, unsigned ones of 32 and 64 to i64.
  ///
  /// Errors: `ImportError`, `ONNXError`.
  public static func run(
    _ model: LoadedModel, options: ImportOptions = ImportOptions()
  ) throws -> ImportedModel {
    let proto = model.model
    guard proto.hasGraph else { throw ImportError.graph("the model has no graph") }
    let graph = proto.graph
    let importer = Importer(model, options: options)
    var opsets: [String: Int] = [:]
    for entry in proto.opsetImport {
      opsets[entry.domain == "ai.onnx" ? "" : entry.domain] = Int(entry.version)
    }
    var sizes = DimensionSizes(options)
    let initialized = Set(
      graph.initializer.map(\.name) + graph.sparseInitializer.map(\.values.name))
    for input in graph.input where !initialized.contains(input.name) {
      try sizes.bind(input)
    }
    do {
      return try run(importer, graph, sizes, initialized, opsets)
    } catch let error as ImportError {
      guard let resized = sizes.resized, case .node(let node, let message) = error else {
        throw error
      }
      throw ImportError.node(node, message: "\(message) (\(resized))")
    }
  }

  private static func run(
    _ importer: Importer, _ graph: GraphProto, _ sizes: DimensionSizes, _ initialized: Set<String>,
    _ opsets: [String: Int]
  ) throws -> ImportedModel {
    let scope = ImportScope()
    var inputs: [ImportedModel.Port] = []
    for input in graph.input where !initialized.contains(input.name) {
      let (type, elementType) = try sizes.type(of: input)
      let value = importer.builder.input(input.name, type.dtype, type.shape)
      scope.define(input.name, .tensor(ImportedTensor(value, elementType)))
      inputs.append(.init(name: input.name, elementType: elementType))
    }
    if let failure = importer.builder.failure { throw failure }
    let values = try importer.outputs(of: graph, in: scope, opsets: opsets)
    try importer.finish()
    var outputs: [ImportedModel.Port] = []
    for (output, value) in zip(graph.output, values) {
      guard case .tensor(let tensor) = value.unwrapped else {
        throw ImportError.unsupported([
          .init(node: "output '\(output.name)'", reason: "is a sequence, not a tensor")
        ])
      }
      outputs.append(.init(name: output.name, elementType: tensor.elementType))
      importer.builder.output(output.name, tensor.value)
    }
    return ImportedModel(
      graph: try importer.builder.build(), inputs: inputs, outputs: outputs,
      weights: importer.weights, baked: importer.baked)
  }
}

extension ImportedValue {
  /// What an optional holds, and anything else as it is.
  var unwrapped: ImportedValue {
    if case .optional(.some(let value)) = self { return value.unwrapped }
    return self
  }
}

import GraphIR

extension LoadedModel {
  /// The graph's name, or `model`.
  public var name: String { model.graph.name.isEmpty ? "model" : model.graph.name }

  /// The element types of the inputs that must be given, by name.
  public func inputTypes() throws -> [String: ONNXElementType] {
    var types: [String: ONNXElementType] = [:]
    for input in givenInputs {
      types[input.name] = try ONNXElementType(
        input.type.tensorType.elemType, of: "input '\(input.name)'")
    }
    return types
  }

  /// The first axis of the inputs, if they have one number there.
  public func inputBatch() throws -> Int? {
    let sizes = givenInputs.compactMap { input -> Int? in
      guard let dim = input.type.tensorType.shape.dim.first, case .dimValue(let size)? = dim.value
      else { return nil }
      return Int(limiting: size)
    }
    guard let first = sizes.first, first > 0, sizes.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// The initializers in the file's order.
  public func initializers() throws -> [(name: String, tensor: ONNXTensor)] {
    try model.graph.initializer.map { ($0.name, try tensor($0)) }
  }

  /// Inputs that are no initializers: old files list both.
  private var givenInputs: [ValueInfoProto] {
    let initialized = Set(model.graph.initializer.map(\.name))
    return model.graph.input.filter { !initialized.contains($0.name) }
  }
}

extension Graph {
  /// The same graph for inputs of other types, such as another batch size.
  ///
  /// Inputs that are not named keep their types. Throws where a node does not fit, and says what
  /// fixed the old size.
  public func rebound(inputs types: [String: TensorType]) throws(BuildError) -> Graph {
    let known = inputs.map(\.input.key)
    let unknown = types.keys.sorted().first { !known.contains($0) }
    if let unknown {
      let names = known.map { "'\($0)'" }.joined(separator: ", ")
      let given = known.isEmpty ? "it has none" : "its inputs are \(names)"
      throw BuildError(
        message: "graph '\(name)' has no input '\(unknown)': \(given)", location: nil)
    }
    var result = self
    for id in ids {
      let node = self[id]
      if let input = node.op as? Input, let type = types[input.key] {
        guard type.shape.isValid else {
          throw BuildError(
            message: "input '\(input.key)': shape \(type.shape) is outside the limits",
            location: node.location)
        }
        result[id].op = Input(input.key, type)
      }
      try result.infer(id, was: self)
    }
    for update in updates where result[update.variable].type != result[update.value].type {
      let target = describe(update.variable)
      throw BuildError(
        message: "update: \(target) cannot hold \(result[update.value].type), "
          + "which \(update.value) has become", location: self[update.value].location)
    }
    return result
  }

  private mutating func infer(_ id: NodeID, was old: Graph) throws(BuildError) {
    do throws(OpError) {
      let type = try self[id].op.resultType(operandTypes(id))
      guard type.shape.isValid else { throw OpError("the result is larger than the limits") }
      self[id].type = type
    } catch {
      let types = operandTypes(id).map(\.description).joined(separator: ", ")
      let hint =
        switch self[id].op {
        case is Reshape: "; write -1 for the size that changes"
        case is Broadcast: "; broadcast like another value, or leave it to the operator"
        default: ""
        }
      throw BuildError(
        message: "\(old.describe(id)) does not fit \(types): \(error.description)\(hint)",
        location: old[id].location)
    }
  }
}

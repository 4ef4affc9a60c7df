import GraphIR

extension Graph {
  /// The graph with these tensors as the first values of the variables of those names; the other
  /// variables keep their initializers.
  ///
  /// Errors: `ExecutionError.variable` for a tensor of another type than its variable's.
  public func beginning(with weights: [String: Tensor]) throws(ExecutionError) -> Graph {
    var result = self
    for (id, variable) in variables {
      guard let tensor = weights[variable.key] else { continue }
      guard tensor.type == variable.type else {
        throw .variable(name: variable.key, expected: variable.type, given: tensor.type)
      }
      result.nodes[id.index].op = Variable(
        variable.key, variable.type, role: variable.role, initializer: .given(tensor))
    }
    return result
  }
}

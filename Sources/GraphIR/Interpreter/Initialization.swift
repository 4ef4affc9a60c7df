extension Graph {
  /// The graph that gives every variable its first value; interpreter and compiler run it once.
  ///
  /// Its one input is `key`, i64[2]: the seed and -1, a step that no training step has. The place
  /// of a variable among the graph's is its stream. Throws where an initializer does not fit.
  public var initialization: Graph {
    get throws(BuildError) { try initialization(omittingZeros: false) }
  }

  /// The same, or only the variables that are not all zeros, for memory that is.
  public func initialization(omittingZeros: Bool) throws(BuildError) -> Graph {
    let builder = GraphBuilder("initialize")
    let key = builder.input(Graph.initializationKey, .i64, [2])
    for (stream, (_, variable)) in variables.enumerated() {
      // A zero of sign minus is not what empty memory holds.
      if omittingZeros, case .constant(let value) = variable.initializer, value == 0,
        value.sign == .plus
      {
        continue
      }
      let type = variable.type
      let target = builder.variable(
        variable.key, type.dtype, type.shape, role: variable.role,
        initializer: variable.initializer)
      builder.update(
        target, to: builder.draw(variable.initializer, type, key: key, stream: stream))
    }
    return try builder.build()
  }

  /// The name of the input of `initialization`.
  public static let initializationKey = "key"

  /// What `initialization` takes as its key.
  public static func initializationKey(seed: Int) -> Tensor {
    Tensor([Int64(seed), -1], shape: [2])
  }
}

extension GraphBuilder {
  /// The elements of an initializer, in the variable's own precision.
  fileprivate func draw(
    _ initializer: Initializer, _ type: TensorType, key: Value, stream: Int
  ) -> Value {
    switch initializer {
    case .constant(let value):
      return constant(value, type.dtype).broadcast(to: type.shape)
    case .uniform(let bound):
      let unit = randomUniform(key: key, shape: type.shape, dtype: type.dtype, stream: stream)
      return (unit * 2 - 1) * bound
    case .normal(let deviation):
      let normal = randomNormal(key: key, shape: type.shape, dtype: type.dtype, stream: stream)
      return normal * deviation
    case .given(let tensor):
      return constant(tensor)
    }
  }
}

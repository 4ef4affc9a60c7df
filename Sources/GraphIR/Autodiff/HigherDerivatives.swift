// Derivatives beyond one gradient. A gradient is made of ordinary nodes, so each of these is
// gradients of gradients: graphs that are printed, optimized and compiled like any other.

extension GraphBuilder {
  /// The vector-Jacobian product of `y`: for each of `values` the gradient of the sum of
  /// `vector * y`, `vector` being of y's type.
  public func vectorJacobianProduct(
    of y: Value, withRespectTo values: [Value], vector: Value
  ) -> [Value] {
    gradients(of: y, withRespectTo: values, seed: vector)
  }

  /// The Jacobian-vector product: how `y` changes where each of `values` moves along its vector.
  /// Of y's type.
  ///
  /// The vector-Jacobian product is linear in its vector, so its own gradient with respect to that
  /// vector is this (the double-vjp trick). What the first product alone needs is never computed.
  public func jacobianVectorProduct(
    of y: Value, withRespectTo values: [Value], vectors: [Value]
  ) -> Value {
    guard let products = directional(y, values, vectors, "jacobianVectorProduct") else {
      return value(NodeID(-1))
    }
    let vector = zeros(y.type)
    let gradients = gradients(of: y, withRespectTo: values, seed: vector)
    return self.gradients(of: products(gradients), withRespectTo: [vector])[0]
  }

  /// The Jacobian of `y` with respect to `value`: element [i.., j..] is how element i of y changes
  /// with element j of the value; y's axes come first.
  ///
  /// Made row by row from vector-Jacobian products, or column by column from Jacobian-vector
  /// products where the value has fewer elements than y: the graph grows by their number.
  public func jacobian(of y: Value, withRespectTo value: Value) -> Value {
    guard y.isValid, value.isValid else { return self.value(NodeID(-1)) }
    let (rows, columns) = (y.shape.count, value.shape.count)
    let dims = y.shape.dims + value.shape.dims
    guard rows > 0, columns > 0 else { return zeros(TensorType(y.dtype, Shape(dims))) }
    let type = rows <= columns ? y.type : value.type
    let parts = (0..<type.shape.count).map { place -> Value in
      var unit = [Double](repeating: 0, count: type.shape.count)
      unit[place] = 1
      let vector = constant(Tensor(type, doubles: unit))
      return rows <= columns
        ? vectorJacobianProduct(of: y, withRespectTo: [value], vector: vector)[0]
        : jacobianVectorProduct(of: y, withRespectTo: [value], vectors: [vector])
    }
    guard failure == nil else { return self.value(NodeID(-1)) }
    let flat = parts.map { $0.reshape([1, $0.shape.count]) }
    let stacked = flat.count == 1 ? flat[0] : concat(flat, axis: 0)
    return (rows <= columns ? stacked : stacked.transposed()).reshape(dims)
  }

  /// The Hessian of the scalar `loss` times a vector for each of `values`: how its gradients change
  /// where the values move along the vectors. One result a value, of its type.
  public func hessianVectorProduct(
    of loss: Value, withRespectTo values: [Value], vectors: [Value]
  ) -> [Value] {
    hessianVectorProduct(of: loss, along: values, vectors: vectors, withRespectTo: values)
  }

  /// How the gradients of the scalar `loss` with respect to `values` change where those of `moved`
  /// move along the vectors: the columns of the Hessian that belong to some of the values only.
  public func hessianVectorProduct(
    of loss: Value, along moved: [Value], vectors: [Value], withRespectTo values: [Value]
  ) -> [Value] {
    guard let products = directional(loss, moved, vectors, "hessianVectorProduct") else {
      return values.map { _ in value(NodeID(-1)) }
    }
    let gradients = gradients(of: loss, withRespectTo: moved)
    guard failure == nil else { return values.map { _ in value(NodeID(-1)) } }
    return self.gradients(of: products(gradients), withRespectTo: values)
  }

  /// The Hessian of the scalar `loss`: element [i.., j..] is its derivative by elements i and j of
  /// `value`. The graph grows with the number of elements.
  public func hessian(of loss: Value, withRespectTo value: Value) -> Value {
    jacobian(of: gradients(of: loss, withRespectTo: [value])[0], withRespectTo: value)
  }

  /// The sum of gradients times the vectors, which count as constants; nil (and the builder has
  /// failed) where these do not fit the values.
  private func directional(
    _ y: Value, _ values: [Value], _ vectors: [Value], _ action: String
  ) -> (([Value]) -> Value)? {
    guard failure == nil, y.isValid, (values + vectors).allSatisfy(\.isValid) else { return nil }
    let place = graph[y.id].location
    guard values.count == vectors.count else {
      _ = fail("\(action): \(vectors.count) vectors for \(values.count) values", at: place)
      return nil
    }
    for (value, vector) in zip(values, vectors) where value.type != vector.type {
      let given = graph.describe(vector.id)
      _ = fail(
        "\(action): the vector \(given) must have the type of \(graph.describe(value.id))",
        at: place)
      return nil
    }
    return { gradients in
      let products = zip(gradients, vectors).filter { $0.0.dtype.isFloat }.map { gradient, vector in
        let product = (gradient * vector.stopGradient()).sum()
        return product.dtype == y.dtype ? product : product.cast(to: y.dtype)
      }
      return products.dropFirst().reduce(products.first ?? self.constant(0, y.dtype), +)
    }
  }
}

extension Value {
  /// How far the lengths of a function's gradients are from `target`: the mean over the first axis
  /// of (length - target)^2, a scalar (Gulrajani et al. 2017).
  ///
  /// This value is the function's result for each sample, [batch] or [batch, 1]; `inputs` are
  /// [batch, ...], and no sample's result may depend on another's input.
  public func gradientPenalty(
    of inputs: Value, target: Double = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, inputs.isValid else { return self }
      guard inputs.shape.rank > 0 else {
        return failed("gradientPenalty: \(inputs.type) has no axis of samples", file, line)
      }
      let gradient = builder.gradients(of: sum(), withRespectTo: [inputs])[0]
      guard gradient.isValid else { return gradient }
      let length = gradient.flatten(from: 1).vectorNorm(axes: [1])
      return (length - target).squared().mean()
    }
  }
}

import GraphIR

// Tensors made of nothing, or of shapes only.

extension OperatorTable {
  static let constantOperators: [Operator] = [
    Operator(
      "Constant",
      [
        "value", "value_int", "value_ints", "value_float", "value_floats", "sparse_value",
      ], tensor: constant),
    Operator(
      "ConstantOfShape", ["value"],
      tensor: { node in
        let shape = Shape(try node.knownInts(0, "the shape"))
        guard shape.isValid else { throw node.wrong("shape \(shape) is outside the limits") }
        guard let attribute = node.attribute("value") else {
          return ImportedTensor(node.filled(0, .f32, shape))
        }
        let value = try node.importer.tensor(attribute.t)
        guard value.tensor.count == 1 else { throw node.wrong("'value' must be one element") }
        let scalar = node.builder.constant(value.tensor.reshaped(.scalar))
        return ImportedTensor(scalar.broadcast(to: shape), value.elementType)
      }),
    Operator(
      "Shape", ["start", "end"],
      tensor: { node in
        let dims = try node.value(0).shape.dims
        let start = clamped(node.int("start", default: 0), dims.count)
        let end = clamped(node.int("end", default: dims.count), dims.count)
        return ImportedTensor(node.constant(Array(start < end ? dims[start..<end] : [])))
      }),
    Operator(
      "Size",
      tensor: { node in
        ImportedTensor(node.constant([try node.value(0).shape.count], .scalar))
      }),
    Operator("Range", ["stash_type"], tensor: range),
    Operator(
      "EyeLike", ["dtype", "k"],
      tensor: { node in
        let like = try node.tensor(0)
        guard like.rank == 2 else { throw node.wrong("its operand must have two axes") }
        let type = try node.int("dtype").map { try elementType($0, node) } ?? like.elementType
        let row = node.builder.iota(.i64, Shape([like.shape[0], 1]))
        let column = node.builder.iota(.i64, Shape([like.shape[1]]))
        let diagonal = column .== row + Double(node.int("k", default: 0))
        return ImportedTensor(diagonal, .bool).cast(to: type)
      }),
    Operator("RandomNormal", ["dtype", "mean", "scale", "seed", "shape"]) { node in
      try random(node, shape: Shape(node.requiredInts("shape")), isNormal: true)
    },
    Operator("RandomNormalLike", ["dtype", "mean", "scale", "seed"]) { node in
      try random(node, shape: node.value(0).shape, isNormal: true)
    },
    Operator("RandomUniform", ["dtype", "high", "low", "seed", "shape"]) { node in
      try random(node, shape: Shape(node.requiredInts("shape")), isNormal: false)
    },
    Operator("RandomUniformLike", ["dtype", "high", "low", "seed"]) { node in
      try random(node, shape: node.value(0).shape, isNormal: false)
    },
    Operator("Bernoulli", ["dtype", "seed"]) { node in
      let probability = try node.tensor(0)
      let key = node.builder.randomKey()
      let drawn = node.builder.randomUniform(key: key, like: probability.value, dtype: .f32)
      let isOne = drawn .< probability.value.cast(to: .f32)
      let type = try node.int("dtype").map { try elementType($0, node) }
      return [.tensor(ImportedTensor(isOne, .bool).cast(to: type ?? probability.elementType))]
    },
  ]

  private static func constant(_ node: OperatorContext) throws -> ImportedTensor {
    if let attribute = node.attribute("value") {
      return try node.importer.constant(node.importer.tensor(attribute.t), for: node.node)
    }
    if let attribute = node.attribute("sparse_value") {
      return try node.importer.constant(
        node.importer.tensor(attribute.sparseTensor), for: node.node)
    }
    if let value = node.int("value_int") {
      return ImportedTensor(node.constant([value], .scalar))
    }
    if let values = node.ints("value_ints") { return ImportedTensor(node.constant(values)) }
    if let value = node.float("value_float") {
      return ImportedTensor(node.builder.constant(value, .f32))
    }
    guard let values = node.floats("value_floats") else {
      throw node.wrong("has no value")
    }
    let tensor = Tensor(values.map { Float($0) }, shape: Shape([values.count]))
    return ImportedTensor(node.builder.constant(tensor))
  }

  private static func range(_ node: OperatorContext) throws -> ImportedTensor {
    let elementType = try node.tensor(0).elementType
    let dtype = elementType.storage
    let bounds = try (0..<3).map { try node.known(node.value($0), "a bound").doubles }
    guard bounds.allSatisfy({ $0.count == 1 }), bounds[2][0] != 0 else {
      throw node.wrong("its bounds must be scalars and its step not 0")
    }
    let (start, limit, step) = (bounds[0][0], bounds[1][0], bounds[2][0])
    let count = max(0, ((limit - start) / step).rounded(.up))
    guard count <= Double(Shape.maximumCount) else {
      throw node.wrong("\(count) elements are too many")
    }
    let places = node.builder.iota(.i64, Shape([Int(count)])).cast(to: dtype)
    return ImportedTensor(places * step + start, elementType)
  }

  private static func random(
    _ node: OperatorContext, shape: Shape, isNormal: Bool
  ) throws -> [ImportedValue] {
    let builder = node.builder
    let key = builder.randomKey()
    let like = node.filled(0, .f32, shape)
    let value: Value
    if isNormal {
      let drawn = builder.randomNormal(key: key, like: like, dtype: .f32)
      value = drawn * node.float("scale", default: 1) + node.float("mean", default: 0)
    } else {
      let low = node.float("low", default: 0)
      let drawn = builder.randomUniform(key: key, like: like, dtype: .f32)
      value = drawn * (node.float("high", default: 1) - low) + low
    }
    let inputType = node.hasInput(0) ? try node.tensor(0).elementType : .float
    let type = try node.int("dtype").map { try elementType($0, node) } ?? inputType
    return [.tensor(ImportedTensor(value).cast(to: type))]
  }

  /// A bound of a range of axes as Python has it: negative from the end, then kept inside.
  static func clamped(_ bound: Int, _ count: Int) -> Int {
    min(max(bound < 0 ? bound + count : bound, 0), count)
  }
}

extension Importer {
  /// A tensor of the file that is no weight: large ones are kept beside the graph.
  func constant(_ tensor: ONNXTensor, for node: NodeProto) throws -> ImportedTensor {
    let name = node.output.first ?? "constant"
    return keep(tensor, name: name, mayTrain: false)
  }
}

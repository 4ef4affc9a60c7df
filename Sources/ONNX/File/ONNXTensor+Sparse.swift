import GraphIR

extension ONNXTensor {
  /// Most elements that a sparse tensor may have with its zeros.
  static let largestSparse = 1 << 28

  /// The sparse tensor with all its zeros; `file` is the file that it came out of.
  ///
  /// Places are one flat index for each value, or one row of indices.
  public init(_ proto: SparseTensorProto, file: String) throws(ONNXError) {
    let name = proto.values.name
    let values = try ONNXTensor(proto.values, file: file)
    let places = try ONNXTensor(proto.indices, file: file)
    let shape = try Shape(proto.dims, file: file, tensor: name)
    guard shape.count <= Self.largestSparse else {
      throw .sparse(
        file: file, tensor: name,
        problem: "has \(shape.count) elements with its zeros; supported: "
          + "up to \(Self.largestSparse)")
    }
    let count = values.tensor.count
    guard values.shape.rank == 1, places.tensor.dtype == .i64,
      places.shape == [count] || places.shape == [count, shape.rank]
    else {
      throw .sparse(
        file: file, tensor: name,
        problem: "has values of shape \(values.shape) at indices "
          + "\(places.tensor.type); expected [n] at i64[n] or i64[n, \(shape.rank)]")
    }
    let size = values.tensor.dtype.size
    let indices = places.tensor.values(as: Int64.self)
    var bytes = [UInt8](repeating: 0, count: shape.count * size)
    for index in 0..<count {
      let place: Int?
      if places.shape.rank == 1 {
        place = Int(exactly: indices[index])
      } else {
        place = shape.place(indices[(index * shape.rank)..<((index + 1) * shape.rank)])
      }
      guard let place, place >= 0, place < shape.count else {
        throw .sparse(file: file, tensor: name, problem: "has value \(index) outside \(shape)")
      }
      bytes.replaceSubrange(
        (place * size)..<((place + 1) * size),
        with: values.tensor.bytes[(index * size)..<((index + 1) * size)])
    }
    self.init(values.elementType, Tensor(TensorType(values.tensor.dtype, shape), bytes: bytes))
  }
}

extension Shape {
  /// The flat place of an element, nil for indices outside.
  fileprivate func place(_ indices: ArraySlice<Int64>) -> Int? {
    var place = 0
    for (index, size) in zip(indices, dims) {
      guard index >= 0, index < size else { return nil }
      place = place * size + Int(index)
    }
    return place
  }
}

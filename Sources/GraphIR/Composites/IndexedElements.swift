// Elements and slices chosen by tensors of indices: gathers and scatters of the flattened tensor at
// computed places. Negative indices count from the end, and those outside are moved to the edge.

extension Value {
  /// Along `axis` the elements that `indices` name, as NumPy's take_along_axis and ONNX's
  /// GatherElements: result[i, j] = self[indices[i, j], j] for axis 0.
  ///
  /// Along the other axes the indices may be shorter than this value.
  public func takeAlongAxis(
    _ indices: Value, axis: Int, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let places = elementPlaces(indices, axis, "takeAlongAxis", file, line) else {
        return failed("", file, line)
      }
      return reshape([shape.count]).gather(places)
    }
  }

  /// This value with `updates` put in at the elements that `takeAlongAxis` would take, or combined
  /// with them; of several for one element the last one stays.
  public func scatterAlongAxis(
    _ indices: Value, _ updates: Value, axis: Int, reduction: IndexedReduction = .set,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let places = elementPlaces(indices, axis, "scatterAlongAxis", file, line) else {
        return failed("", file, line)
      }
      return reshape([shape.count]).scatter(places, updates, reduction).reshape(shape)
    }
  }

  /// The slices of this value at the places that the rows of `indices` name, as TensorFlow's
  /// gather_nd: indices [b.., i.., k] choose among the k axes after the `batchDims` first, which
  /// both share, and the result is [b.., i.., rest].
  public func gatherND(
    _ indices: Value, batchDims: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let rows = slicePlaces(indices, batchDims, "gatherND", file, line) else {
        return failed("", file, line)
      }
      return flattened(to: rows.rest).gather(rows.places)
    }
  }

  /// This value with the slices `updates` put in at the places that the rows of `indices` name, as
  /// `gatherND` takes them, or combined with what is there.
  public func scatterND(
    _ indices: Value, _ updates: Value, reduction: IndexedReduction = .set,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let rows = slicePlaces(indices, 0, "scatterND", file, line) else {
        return failed("", file, line)
      }
      return flattened(to: rows.rest).scatter(rows.places, updates, reduction).reshape(shape)
    }
  }

  private func scatter(_ places: Value, _ updates: Value, _ reduction: IndexedReduction) -> Value {
    switch reduction {
    case .set: scatter(places, updates)
    case .add: scatterAdd(places, updates)
    case .mul: scatter(places, updates, mode: .mul)
    case .min: scatter(places, updates, mode: .min)
    case .max: scatter(places, updates, mode: .max)
    }
  }

  /// Where in this value, flattened, the elements lie that `indices` name along `axis`.
  private func elementPlaces(
    _ indices: Value, _ axis: Int, _ action: String, _ file: String, _ line: Int
  ) -> Value? {
    guard let axis = existing(axis, action, file, line), indices.isValid else { return nil }
    let fits =
      indices.shape.rank == shape.rank
      && shape.dims.indices.allSatisfy { $0 == axis || indices.shape[$0] <= shape[$0] }
    guard fits, indices.dtype == .i32 || indices.dtype == .i64 else {
      _ = failed("\(action): indices \(indices.type) for \(type)", file, line)
      return nil
    }
    let strides = shape.strides
    var places = indices.cast(to: .i64).inside(builder.constant(Double(shape[axis]), .i64))
    if strides[axis] != 1 { places = places * Double(strides[axis]) }
    for other in shape.dims.indices where other != axis && indices.shape[other] > 1 {
      let trailing = Array(repeating: 1, count: shape.rank - other - 1)
      let index = builder.iota(.i64, Shape([indices.shape[other]] + trailing))
      places = places + index * Double(strides[other])
    }
    return places
  }

  /// Which slice each row of `indices` names, and how many axes a slice has.
  private func slicePlaces(
    _ indices: Value, _ batch: Int, _ action: String, _ file: String, _ line: Int
  ) -> (places: Value, rest: Int)? {
    guard isValid, indices.isValid else { return nil }
    let depth = indices.shape.dims.last ?? -1
    let fits =
      batch >= 0 && depth >= 0 && indices.shape.rank > batch && batch + depth <= shape.rank
      && indices.shape.dims.prefix(batch) == shape.dims.prefix(batch)
    guard fits, indices.dtype == .i32 || indices.dtype == .i64 else {
      _ = failed("\(action): indices \(indices.type) for \(type)", file, line)
      return nil
    }
    let chosen = Array(shape.dims[batch..<batch + depth])
    let strides = Shape(chosen).strides
    func list(_ values: [Int]) -> Value {
      builder.constant(Tensor(values.map(Int64.init), shape: [values.count]))
    }
    let each = indices.cast(to: .i64).inside(list(chosen)) * list(strides)
    var places = each.sum(axes: [-1])
    // The slices of one element of the batch after those of the one before.
    var step = chosen.reduce(1, *)
    for axis in (0..<batch).reversed() {
      let trailing = Array(repeating: 1, count: places.shape.rank - axis - 1)
      let index = builder.iota(.i64, Shape([shape[axis]] + trailing))
      places = places + index * Double(step)
      step *= shape[axis]
    }
    return (places, shape.rank - batch - depth)
  }

  /// All axes as one but for the last `rest`.
  private func flattened(to rest: Int) -> Value {
    let lead = shape.dims.dropLast(rest).reduce(1, *)
    return reshape([lead] + shape.dims.suffix(rest))
  }

  /// Indices below `size`, counted from the front.
  private func inside(_ size: Value) -> Value {
    let counted = (self .< 0).select(self + size, self)
    return counted.minimum(size - 1).maximum(constant(0))
  }
}

/// What becomes of an element that is there and one that comes.
public enum IndexedReduction: String, CaseIterable, Hashable, Sendable {
  /// The one that comes last stays.
  case set
  case add, mul, min, max
}

extension Value {
  /// The elements in order along `axis`.
  public func sorted(
    axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      takeAlongAxis(argsort(axis: axis, descending: descending), axis: axis)
    }
  }

  /// The `count` largest elements along `axis` (or with `largest` false the smallest), the first of
  /// them first, and their indices (i64); of equal ones the first come first.
  public func topK(
    _ count: Int, axis: Int = -1, largest: Bool = true, file: String = #fileID, line: Int = #line
  ) -> (values: Value, indices: Value) {
    builder.located(file: file, line: line) {
      guard let axis = existing(axis, "topK", file, line) else {
        let none = failed("", file, line)
        return (none, none)
      }
      guard count >= 0, count <= shape[axis] else {
        let none = failed("topK: \(count) of axis \(axis) of \(type)", file, line)
        return (none, none)
      }
      let order = argsort(axis: axis, descending: largest)
      let indices = order.slice(axis, from: 0, to: count)
      return (takeAlongAxis(indices, axis: axis), indices)
    }
  }
}

extension Value {
  /// 1 where the index along a new last axis of size `depth` is this integer, 0 elsewhere.
  public func oneHot(
    _ depth: Int, dtype: DType = .f32, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard depth >= 0, isValid else { return failed("oneHot: depth \(depth)", file, line) }
      let classes = builder.iota(self.dtype, Shape([depth]))
      return (expandDims(-1) .== classes).cast(to: dtype)
    }
  }

  /// Along `axis` the elements that `indices` name, whose other axes are those of this value;
  /// negative ones count from the end, and for one outside the result is 0.
  ///
  /// Compares every index with every place: for axes of moderate size.
  public func takeAlongAxis(
    _ indices: Value, axis: Int, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard let axis = existing(axis, "takeAlongAxis", file, line), indices.isValid else {
        return isValid ? failed("", file, line) : self
      }
      var expected = indices.shape
      if expected.rank == shape.rank { expected[axis] = shape[axis] }
      guard expected == shape else {
        return failed("takeAlongAxis: indices \(indices.type) for \(type)", file, line)
      }
      let size = shape[axis]
      let counted = (indices .< 0).select(indices + Double(size), indices)
      // [.., index, place, ..]: the place's own number there.
      let trailing = Array(repeating: 1, count: shape.rank - axis - 1)
      let places = builder.iota(indices.dtype, Shape([size] + trailing))
      let chosen = counted.expandDims(axis + 1) .== places
      return chosen.select(expandDims(axis), constant(0)).sum(axes: [axis + 1])
    }
  }
}

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
}

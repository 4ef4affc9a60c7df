extension Value {
  /// Mean squared distance from the mean over `axes`, all if nil; the sum is divided by the count
  /// less `correction`.
  public func variance(
    axes: [Int]? = nil, keepDims: Bool = false, correction: Int = 0, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let centered = self - mean(axes: axes, keepDims: true)
      let variance = centered.squared().mean(axes: axes, keepDims: keepDims)
      guard correction != 0, variance.isValid else { return variance }
      let axes = Set(axes?.map(counted) ?? Array(shape.dims.indices))
      let count = Double(axes.reduce(1) { $0 * shape[$1] })
      return variance * (count / (count - Double(correction)))
    }
  }

  /// The Euclidean length over `axes`, all if nil. Its gradient at zero is zero.
  public func vectorNorm(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let sum = squared().sum(axes: axes, keepDims: keepDims)
      // The root of zero has no derivative, and zero times infinity would be NaN.
      let isZero = sum .== 0
      return isZero.select(sum, isZero.select(constant(1), sum).sqrt())
    }
  }

  /// Zero with probability `rate`, else scaled by 1 / (1 - rate), so that the mean stays.
  ///
  /// `rate` is in 0..<1; `key` is i64[2], seed and step.
  public func dropout(
    _ rate: Double, key: Value, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard rate >= 0, rate < 1 else {
        return failed("dropout: rate \(rate) is not in 0..<1", file, line)
      }
      if rate == 0 { return self }
      let kept = builder.randomUniform(key: key, like: self, dtype: dtype) .>= rate
      return kept.select(self * (1 / (1 - rate)), constant(0))
    }
  }
}

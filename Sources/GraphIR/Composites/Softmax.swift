// The largest element is subtracted before the exponential, so that none overflows. It cancels,
// so no gradient flows through it.

extension Value {
  /// log(sum(exp(x))) over `axis`; minus infinity where every element is.
  public func logSumExp(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let largest = max(axes: [axis], keepDims: true).stopGradient()
      // Infinity minus itself would be NaN.
      let shift = (largest.abs() .< .infinity).select(largest, constant(0))
      let sum = (self - shift).exp().sum(axes: [axis], keepDims: true)
      let result = sum.log() + shift
      return keepDims ? result : result.squeeze(axis)
    }
  }

  /// exp(x) / sum(exp(x)) over `axis`.
  public func softmax(
    axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let exponential = shifted(axis).exp()
      return exponential / exponential.sum(axes: [axis], keepDims: true)
    }
  }

  /// The logarithm of `softmax`, exact where that is near 0 or 1.
  public func logSoftmax(
    axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let shifted = shifted(axis)
      return shifted - shifted.exp().sum(axes: [axis], keepDims: true).log()
    }
  }

  /// This value without its largest element along `axis`.
  func shifted(_ axis: Int) -> Value {
    self - max(axes: [axis], keepDims: true).stopGradient()
  }
}

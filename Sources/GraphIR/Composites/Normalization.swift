extension Value {
  /// Ba et al. 2016: (x - mean) / sqrt(variance + epsilon) over the last axis, times `gain`, plus
  /// `bias`.
  ///
  /// `gain` and `bias` have the size of the last axis; either may be left out.
  public func layerNorm(
    gain: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      normalized(epsilon: epsilon).scaled(gain, bias)
    }
  }

  /// Zhang and Sennrich 2019: x / sqrt(mean(x^2) + epsilon) over the last axis, times `gain`.
  ///
  /// `epsilon` is the element type's distance from 1 to the next number if nil, as in PyTorch.
  public func rmsNorm(
    gain: Value? = nil, epsilon: Double? = nil, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let smallest = dtype == .f64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
      let square = squared().mean(axes: [-1], keepDims: true)
      return (self * (square + (epsilon ?? smallest)).rsqrt()).scaled(gain, nil)
    }
  }

  private func scaled(_ gain: Value?, _ bias: Value?) -> Value {
    let scaled = gain.map { self * $0 } ?? self
    return bias.map { scaled + $0 } ?? scaled
  }
}

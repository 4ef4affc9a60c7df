extension Value {
  /// Wu and He 2018: [batch, channels, X...] with mean 0 and variance 1 over each image's groups of
  /// channels, then times `gain`, plus `bias`, one number a channel each.
  ///
  /// As many groups as channels are an instance norm.
  public func groupNorm(
    groups: Int, gain: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, shape.rank >= 2, groups >= 1, shape[1] % groups == 0 else {
        return failed(
          "groupNorm: \(groups) groups do not divide the channels of [batch, channels, X...], "
            + "\(type)", file, line)
      }
      let (channels, spatial) = (shape[1], Array(shape.dims.dropFirst(2)))
      let x = reshape([-1, groups, channels / groups] + spatial)
      let axes = Array(2..<spatial.count + 3)
      var y = x.standardized(
        mean: x.mean(axes: axes, keepDims: true),
        variance: x.variance(axes: axes, keepDims: true), epsilon: epsilon)
      let dims = [groups, channels / groups] + spatial.map { _ in 1 }
      if let gain { y = y * gain.reshape(dims) }
      if let bias { y = y + bias.reshape(dims) }
      return y.reshape([-1, channels] + spatial)
    }
  }

  /// (x - mean) / sqrt(variance + epsilon).
  func standardized(mean: Value, variance: Value, epsilon: Double) -> Value {
    (self - mean) * (variance + epsilon).rsqrt()
  }
}

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
      let width = shape[1] / groups
      let spatial = Array(shape.dims.indices.dropFirst(2))
      return normalized(gain: gain, bias: bias, epsilon: epsilon) { x in
        // Sums over an image first: those of channels are next to each other in few numbers.
        let means = spatial.isEmpty ? x : x.mean(axes: spatial, keepDims: true)
        if width == 1 { return means }
        let sums = means.sumPool(Windows(axes: [1], sizes: [width], strides: [width]))
        return (sums * (1 / Double(width))).repeated(axes: [1], counts: [width])
      }.value
    }
  }

  /// This value [batch, channels, X...] with mean 0 and variance 1 over what `average` takes the
  /// mean of, times `gain`, plus `bias`, [channels] each.
  ///
  /// It is x scale + shift with few numbers in scale and shift, so that one pass over x is enough,
  /// and two sums over the gradient are all that the backward pass needs.
  func normalized(
    gain: Value?, bias: Value?, epsilon: Double, average: (Value) -> Value
  ) -> (value: Value, mean: Value, variance: Value) {
    let mean = average(self)
    // The mean's own part in the variance's gradient is zero, since distances from it cancel; a
    // pass over x would only find that out. The second term, zero too, is there for the gradient's
    // gradient, in which that part counts.
    let center = mean.stopGradient()
    let variance = average((self - center).squared()) - (mean - center).squared()
    let value = standardized(
      mean: mean, variance: variance, gain: gain, bias: bias, epsilon: epsilon)
    return (value, mean, variance)
  }

  /// (x - mean) / sqrt(variance + epsilon) gain + bias.
  func standardized(
    mean: Value, variance: Value, gain: Value?, bias: Value?, epsilon: Double
  ) -> Value {
    var scale = (variance + epsilon).rsqrt()
    if let gain { scale = scale * gain.perChannel(rank: shape.rank) }
    let offset = mean * scale
    guard let bias else { return self * scale - offset }
    return self * scale + (bias.perChannel(rank: shape.rank) - offset)
  }
}

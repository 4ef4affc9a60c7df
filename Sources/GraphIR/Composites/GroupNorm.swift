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
      // Sums of channels first: what is as large as x then has axes of x alone, not groups.
      let channels = shape[1]
      let axes = Array(2..<shape.rank)
      let perImage = [Int](shape.dims.prefix(1)) + [channels] + axes.map { _ in 1 }
      func meanOfGroups(_ x: Value) -> Value {
        let sums = axes.isEmpty ? x : x.mean(axes: axes, keepDims: true)
        let grouped = sums.reshape([shape[0], groups, channels / groups])
        return grouped.mean(axes: [2], keepDims: true).broadcast(to: grouped.shape)
          .reshape(perImage)
      }
      let deviation = self - meanOfGroups(self)
      let variance = meanOfGroups(deviation * deviation)
      var factor = (variance + epsilon).rsqrt()
      if let gain { factor = factor * gain.perChannel(rank: shape.rank) }
      let y = deviation * factor
      return bias.map { y + $0.perChannel(rank: shape.rank) } ?? y
    }
  }

  /// (x - mean) / sqrt(variance + epsilon).
  func standardized(mean: Value, variance: Value, epsilon: Double) -> Value {
    (self - mean) * (variance + epsilon).rsqrt()
  }
}

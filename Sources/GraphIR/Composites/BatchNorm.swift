/// What a batch norm leaves besides its result, for running statistics.
public struct BatchNormResult {
  public let value: Value
  /// Mean of each channel over the batch, [channels].
  public let mean: Value
  /// Variance of each channel over the batch, the sum divided by the count less 1, [channels].
  public let variance: Value
}

extension Value {
  /// Ioffe and Szegedy 2015, as it trains: [batch, channels, X...] with mean 0 and variance 1 over
  /// the batch, channel by channel, then times `gain`, plus `bias`, [channels] each.
  public func batchNorm(
    gain: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5, file: String = #fileID,
    line: Int = #line
  ) -> BatchNormResult {
    builder.located(file: file, line: line) {
      guard isValid, shape.rank >= 2 else {
        let nothing = failed("batchNorm: needs [batch, channels, X...], not \(type)", file, line)
        return BatchNormResult(value: nothing, mean: nothing, variance: nothing)
      }
      let axes = shape.dims.indices.filter { $0 != 1 }
      let (value, mean, variance) = normalized(gain: gain, bias: bias, epsilon: epsilon) {
        $0.mean(axes: axes, keepDims: true)
      }
      let count = Double(axes.reduce(1) { $0 * shape[$1] })
      return BatchNormResult(
        value: value, mean: mean.reshape([shape[1]]),
        variance: variance.reshape([shape[1]]) * (count / Swift.max(1, count - 1)))
    }
  }

  /// A batch norm as it evaluates: with these statistics, [channels] each.
  public func batchNorm(
    mean: Value, variance: Value, gain: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, shape.rank >= 2 else {
        return failed("batchNorm: needs [batch, channels, X...], not \(type)", file, line)
      }
      let rank = shape.rank
      return standardized(
        mean: mean.perChannel(rank: rank), variance: variance.perChannel(rank: rank), gain: gain,
        bias: bias, epsilon: epsilon)
    }
  }
}

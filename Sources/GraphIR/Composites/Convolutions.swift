// Convolutions as PyTorch has them: channels before the spatial axes, padding, groups and bias.

/// How a kernel moves over one spatial axis.
public struct ConvolutionAxis: Hashable, Sendable {
  public var stride: Int
  /// Zeros before the first element; negative ones cut elements off.
  public var low: Int
  /// Zeros after the last element; negative ones cut elements off.
  public var high: Int
  public var dilation: Int

  public init(stride: Int = 1, low: Int = 0, high: Int = 0, dilation: Int = 1) {
    self.stride = stride
    self.low = low
    self.high = high
    self.dilation = dilation
  }

  public init(stride: Int = 1, padding: Int, dilation: Int = 1) {
    self.init(stride: stride, low: padding, high: padding, dilation: dilation)
  }
}

extension Value {
  /// x [batch, channels, X...] convolved with `weight` [filters, channels / groups, K...], one
  /// entry of `axes` a spatial axis, plus `bias` [filters]: [batch, filters, Y...].
  public func convolution(
    _ weight: Value, bias: Value? = nil, axes: [ConvolutionAxis], groups: Int = 1,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let spatial = axes.count
      guard shape.rank == spatial + 2, weight.shape.rank == spatial + 2 else {
        return failed(
          "convolution: needs x [batch, channels, X...] and weight [filters, channels, K...] with "
            + "\(spatial) spatial axes, not \(type) and \(weight.type)", file, line)
      }
      guard groups >= 1, shape[1] % groups == 0, weight.shape[0] % groups == 0 else {
        return failed(
          "convolution: \(groups) groups do not divide channels of \(type) and filters of "
            + "\(weight.type)", file, line)
      }
      let x = bordered(axes)
      let sizes = Array(x.shape.dims.dropFirst(2))
      let kernel = Array(weight.shape.dims.dropFirst(2))
      let (filters, channels) = (weight.shape[0], weight.shape[1])
      let product = x.reshape([-1, groups, shape[1] / groups] + sizes).convolve(
        weight.reshape([groups, filters / groups, channels] + kernel),
        strides: axes.map(\.stride), dilations: axes.map(\.dilation))
      guard product.isValid else { return product }
      let result = product.reshape([-1, filters] + product.shape.dims.dropFirst(3))
      return result.biased(bias)
    }
  }

  /// The adjoint of `convolution`: x [batch, channels, X...] with `weight` [channels,
  /// filters / groups, K...] spread over [batch, filters, Y...], plus `bias` [filters].
  ///
  /// Y = (X - 1) stride + dilation (K - 1) + 1 - low - high + output padding: `low` and `high` are
  /// the padding of the convolution that this is the adjoint of. Output padding is at the end.
  public func transposedConvolution(
    _ weight: Value, bias: Value? = nil, axes: [ConvolutionAxis], outputPadding: [Int],
    groups: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      let spatial = axes.count
      guard shape.rank == spatial + 2, weight.shape.rank == spatial + 2,
        outputPadding.count == spatial
      else {
        return failed(
          "transposedConvolution: needs x [batch, channels, X...] and weight [channels, filters, "
            + "K...] with \(spatial) spatial axes, not \(type) and \(weight.type)", file, line)
      }
      guard groups >= 1, shape[1] == weight.shape[0], shape[1] % groups == 0 else {
        return failed(
          "transposedConvolution: \(groups) groups of \(type) do not fit \(weight.type)", file,
          line)
      }
      let (channels, filters) = (shape[1] / groups, weight.shape[1])
      let kernel = Array(weight.shape.dims.dropFirst(2))
      let g = reshape([-1, groups, channels] + shape.dims.dropFirst(2))
      let w = weight.reshape([groups, channels, filters] + kernel)
      let full = zip(axes, kernel).enumerated().map { index, axis in
        (shape[index + 2] - 1) * axis.0.stride + axis.0.dilation * (axis.1 - 1) + 1
      }
      let adjoint = Convolution(strides: axes.map(\.stride), dilations: axes.map(\.dilation))
      let spread = adjoint.inputGradient(g, w.swapAxes(1, 2), full)
      guard spread.isValid else { return spread }
      let result = spread.reshape([-1, groups * filters] + full)
      let cuts = zip(axes, outputPadding).map { axis, extra in
        ConvolutionAxis(low: -axis.low, high: extra - axis.high)
      }
      return result.bordered(cuts).biased(bias)
    }
  }

  /// `convolution` over one axis: x [batch, channels, length].
  public func conv1d(
    _ weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    let axis = ConvolutionAxis(stride: stride, padding: padding, dilation: dilation)
    return convolution(
      weight, bias: bias, axes: [axis], groups: groups, file: file, line: line)
  }

  /// `convolution` over two axes alike: x [batch, channels, height, width].
  public func conv2d(
    _ weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    let axis = ConvolutionAxis(stride: stride, padding: padding, dilation: dilation)
    return convolution(
      weight, bias: bias, axes: [axis, axis], groups: groups, file: file, line: line)
  }

  /// `transposedConvolution` over one axis: x [batch, channels, length].
  public func convTranspose1d(
    _ weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    dilation: Int = 1, groups: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    let axis = ConvolutionAxis(stride: stride, padding: padding, dilation: dilation)
    return transposedConvolution(
      weight, bias: bias, axes: [axis], outputPadding: [outputPadding], groups: groups, file: file,
      line: line)
  }

  /// `transposedConvolution` over two axes alike: x [batch, channels, height, width].
  public func convTranspose2d(
    _ weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    dilation: Int = 1, groups: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Value {
    let axis = ConvolutionAxis(stride: stride, padding: padding, dilation: dilation)
    return transposedConvolution(
      weight, bias: bias, axes: [axis, axis], outputPadding: [outputPadding, outputPadding],
      groups: groups, file: file, line: line)
  }

  /// One number a channel, added to [batch, channels, X...].
  private func biased(_ bias: Value?) -> Value {
    guard let bias, isValid else { return self }
    return self + bias.perChannel(rank: shape.rank)
  }

  /// [channels] as [channels, 1, ...], to meet [batch, channels, X...] of `rank` axes.
  func perChannel(rank: Int) -> Value {
    guard isValid, shape.rank == 1 else {
      return builder.fail("needs one number a channel, not \(type)", at: nil)
    }
    return reshape([shape[0]] + [Int](repeating: 1, count: rank - 2))
  }

  /// `value` before and after the spatial axes of [batch, channels, X...], as `axes` say; elements
  /// cut off where that is negative.
  func bordered(_ axes: [ConvolutionAxis], value: Double = 0) -> Value {
    guard isValid else { return self }
    var x = self
    let cut = axes.indices.filter { axes[$0].low < 0 || axes[$0].high < 0 }
    if !cut.isEmpty {
      x = x.slice(
        axes: cut.map { $0 + 2 }, from: cut.map { Swift.max(0, -axes[$0].low) },
        to: cut.map { shape[$0 + 2] + Swift.min(0, axes[$0].high) }, step: cut.map { _ in 1 })
    }
    let low = [0, 0] + axes.map { Swift.max(0, $0.low) }
    let high = [0, 0] + axes.map { Swift.max(0, $0.high) }
    if (low + high).allSatisfy({ $0 == 0 }) { return x }
    return x.pad(low: low, high: high, value: value)
  }
}

import GraphIR

/// A convolution over images, [batch, channels, height, width], plus a bias.
public struct Conv2d: Layer {
  /// [filters, channels / groups, size, size].
  public let weight: Value
  /// [filters]; nil for a layer without.
  public let bias: Value?
  public let stride: Int
  public let padding: Int
  public let dilation: Int
  public let groups: Int

  /// Makes the variables `NAME.w`, [filters, channels / groups, size, size], and `NAME.b`,
  /// [filters].
  public init(
    _ builder: GraphBuilder, _ name: String, channels: Int, filters: Int, size: Int = 3,
    stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initialization: LinearInitialization = .torch, file: String = #fileID, line: Int = #line
  ) {
    let depth = channels / max(1, groups)
    let fanIn = depth * size * size
    weight = builder.variable(
      "\(name).w", .f32, [filters, depth, size, size],
      initializer: initialization.weight(fanIn: fanIn), file: file, line: line)
    bias =
      hasBias
      ? builder.variable(
        "\(name).b", .f32, [filters], initializer: initialization.bias(fanIn: fanIn), file: file,
        line: line) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  public func apply(_ x: Value) -> Value {
    x.conv2d(
      weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
  }
}

/// The adjoint of a convolution over images, plus a bias: it enlarges by its stride.
public struct ConvTranspose2d: Layer {
  /// [channels, filters / groups, size, size].
  public let weight: Value
  /// [filters]; nil for a layer without.
  public let bias: Value?
  public let stride: Int
  public let padding: Int
  public let outputPadding: Int
  public let groups: Int

  /// Makes the variables `NAME.w`, [channels, filters / groups, size, size], and `NAME.b`,
  /// [filters].
  public init(
    _ builder: GraphBuilder, _ name: String, channels: Int, filters: Int, size: Int,
    stride: Int = 1, padding: Int = 0, outputPadding: Int = 0, groups: Int = 1,
    hasBias: Bool = true, initialization: LinearInitialization = .torch, file: String = #fileID,
    line: Int = #line
  ) {
    let width = filters / max(1, groups)
    // As PyTorch counts it: from the second axis of the weight.
    let fanIn = width * size * size
    weight = builder.variable(
      "\(name).w", .f32, [channels, width, size, size],
      initializer: initialization.weight(fanIn: fanIn), file: file, line: line)
    bias =
      hasBias
      ? builder.variable(
        "\(name).b", .f32, [filters], initializer: initialization.bias(fanIn: fanIn), file: file,
        line: line) : nil
    (self.stride, self.padding, self.outputPadding, self.groups) = (
      stride, padding, outputPadding, groups
    )
  }

  public func apply(_ x: Value) -> Value {
    x.convTranspose2d(
      weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding,
      groups: groups)
  }
}

// Pooling as PyTorch has it, over the spatial axes of [batch, channels, X...].

/// Windows over one spatial axis.
public struct PoolAxis: Hashable, Sendable {
  public var size: Int
  public var stride: Int
  /// Elements of padding before the first and after the last.
  public var low: Int
  public var high: Int
  public var dilation: Int

  /// Windows touch where no stride is given.
  public init(_ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1) {
    self.init(size, stride: stride, low: padding, high: padding, dilation: dilation)
  }

  public init(_ size: Int, stride: Int? = nil, low: Int, high: Int, dilation: Int = 1) {
    self.size = size
    self.stride = stride ?? size
    self.low = low
    self.high = high
    self.dilation = dilation
  }
}

extension Windows {
  /// Windows over the axes after batch and channels.
  init(_ axes: [PoolAxis]) {
    self.init(
      axes: axes.indices.map { $0 + 2 }, sizes: axes.map(\.size), strides: axes.map(\.stride),
      dilations: axes.map(\.dilation))
  }
}

extension Value {
  /// The largest element of each window; padding never is.
  public func maxPool(
    _ axes: [PoolAxis], file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isPoolable(axes, "maxPool", file, line) else { return failed("", file, line) }
      let borders = axes.map { ConvolutionAxis(low: $0.low, high: $0.high) }
      // A maximum commutes with functions that never descend, and the smaller tensor is cheaper to
      // go through, forward and backward. ReLU hides ties at 0 only, where it has no gradient.
      let node = builder.graph[id]
      if node.op.name == "relu", let before = node.operands.first {
        let x = builder.value(before).bordered(borders, value: -.infinity)
        return x.maxPool(Windows(axes)).relu()
      }
      return bordered(borders, value: -.infinity).maxPool(Windows(axes))
    }
  }

  /// The mean of each window. Padding counts as zeros, or not at all with `countsPadding` false.
  public func averagePool(
    _ axes: [PoolAxis], countsPadding: Bool = true, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isPoolable(axes, "averagePool", file, line) else { return failed("", file, line) }
      let borders = axes.map { ConvolutionAxis(low: $0.low, high: $0.high) }
      let sums = bordered(borders).sumPool(Windows(axes))
      let isPadded = axes.contains { $0.low != 0 || $0.high != 0 }
      guard isPadded, !countsPadding, sums.isValid else {
        return sums * (1 / Double(axes.reduce(1) { $0 * $1.size }))
      }
      var result = sums
      for (index, axis) in axes.enumerated() {
        let (length, places) = (shape[index + 2], sums.shape[index + 2])
        let shares = (0..<places).map { place -> Double in
          let count = (0..<axis.size).count { element in
            let at = place * axis.stride + element * axis.dilation - axis.low
            return at >= 0 && at < length
          }
          return 1 / Double(Swift.max(1, count))
        }
        result = result * alongAxis(index + 2, shares)
      }
      return result
    }
  }

  /// The mean over windows that divide each spatial axis into `sizes` parts as equal as may be.
  public func adaptiveAveragePool(
    _ sizes: [Int], file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isAdaptable(sizes, "adaptiveAveragePool", file, line) else {
        return failed("", file, line)
      }
      if sizes.allSatisfy({ $0 == 1 }) {
        return mean(axes: sizes.indices.map { $0 + 2 }, keepDims: true)
      }
      if let axes = evenAxes(sizes) { return averagePool(axes) }
      var result = self
      for (index, parts) in sizes.enumerated() {
        let length = shape[index + 2]
        var weights = [Double](repeating: 0, count: length * parts)
        for part in 0..<parts {
          let range = Value.part(part, of: parts, length)
          for place in range { weights[place * parts + part] = 1 / Double(range.count) }
        }
        result = result.mixed(along: index + 2, weights, parts)
      }
      return result
    }
  }

  /// The largest element of windows that divide each spatial axis into `sizes` parts as equal as
  /// may be.
  public func adaptiveMaxPool(
    _ sizes: [Int], file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isAdaptable(sizes, "adaptiveMaxPool", file, line) else {
        return failed("", file, line)
      }
      if let axes = evenAxes(sizes) { return maxPool(axes) }
      var result = self
      for (index, parts) in sizes.enumerated() {
        let (axis, length) = (index + 2, shape[index + 2])
        let largest = (0..<parts).map { part -> Value in
          let range = Value.part(part, of: parts, length)
          let piece = result.slice(axis, from: range.lowerBound, to: range.upperBound)
          return piece.maxPool(Windows(axes: [axis], sizes: [range.count]))
        }
        result = concat(largest, axis: axis)
      }
      return result
    }
  }

  /// The mean over all spatial axes of [batch, channels, X...]: [batch, channels].
  public func globalAveragePool(file: String = #fileID, line: Int = #line) -> Value {
    mean(axes: Array(shape.dims.indices.dropFirst(2)), file: file, line: line)
  }

  /// The largest over all spatial axes of [batch, channels, X...]: [batch, channels].
  public func globalMaxPool(file: String = #fileID, line: Int = #line) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, shape.rank > 2 else { return self }
      let axes = shape.dims.dropFirst(2).map { PoolAxis($0) }
      return maxPool(axes).reshape([-1, shape[1]])
    }
  }

  /// `maxPool` over two axes alike.
  public func maxPool2d(
    _ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, file: String = #fileID,
    line: Int = #line
  ) -> Value {
    let axis = PoolAxis(size, stride: stride, padding: padding, dilation: dilation)
    return maxPool([axis, axis], file: file, line: line)
  }

  /// `averagePool` over two axes alike.
  public func averagePool2d(
    _ size: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    let axis = PoolAxis(size, stride: stride, padding: padding)
    return averagePool([axis, axis], countsPadding: countsPadding, file: file, line: line)
  }

  private func isPoolable(
    _ axes: [PoolAxis], _ name: String, _ file: String, _ line: Int
  ) -> Bool {
    guard isValid else { return false }
    if shape.rank == axes.count + 2, axes.allSatisfy({ $0.size >= 1 }) { return true }
    _ = failed(
      "\(name): needs [batch, channels, X...] with \(axes.count) spatial axes and windows of 1 "
        + "or more, not \(type)", file, line)
    return false
  }

  private func isAdaptable(
    _ sizes: [Int], _ name: String, _ file: String, _ line: Int
  ) -> Bool {
    guard isValid else { return false }
    if shape.rank == sizes.count + 2, sizes.allSatisfy({ $0 >= 1 }),
      shape.dims.dropFirst(2).allSatisfy({ $0 >= 1 })
    {
      return true
    }
    _ = failed(
      "\(name): needs [batch, channels, X...] with \(sizes.count) spatial axes and sizes of 1 or "
        + "more, not \(type)", file, line)
    return false
  }

  /// Plain windows, where the parts of every axis are equal.
  private func evenAxes(_ sizes: [Int]) -> [PoolAxis]? {
    let lengths = shape.dims.dropFirst(2)
    guard zip(lengths, sizes).allSatisfy({ $0 % $1 == 0 }) else { return nil }
    return zip(lengths, sizes).map { PoolAxis($0 / $1) }
  }

  /// Parts overlap by one element where the length does not divide.
  private static func part(_ index: Int, of parts: Int, _ length: Int) -> Range<Int> {
    (index * length / parts)..<((index + 1) * length + parts - 1) / parts
  }

  /// One number a place of an axis, to meet the whole tensor.
  func alongAxis(_ axis: Int, _ values: [Double]) -> Value {
    var dims = [Int](repeating: 1, count: shape.rank - axis)
    dims[0] = values.count
    return builder.constant(Tensor(TensorType(dtype, Shape(dims)), doubles: values))
  }

  /// Elements along an axis mixed by `weights` [length, count]: the axis has `count` elements then.
  func mixed(along axis: Int, _ weights: [Double], _ count: Int) -> Value {
    let matrix = builder.constant(
      Tensor(TensorType(dtype, [shape[axis], count]), doubles: weights))
    if axis == shape.rank - 1 { return matmul(matrix) }
    return swapAxes(axis, -1).matmul(matrix).swapAxes(axis, -1)
  }
}

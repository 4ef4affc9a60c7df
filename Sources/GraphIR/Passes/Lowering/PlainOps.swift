extension Graph {
  /// The same graph without ops that exist for the sake of speed or of gradients: attention, the
  /// gradients of attention, `normalize`, `max_pool` and `gelu_tanh`, and sums of windows along no or
  /// more than three axes, or of f64, made of ops that every framework has.
  public func inPlainOps() -> Graph {
    rewritten(by: "inPlainOps") { node in
      switch node.op {
      case is Attention, is AttentionGradient, is NormalizeGradient, is MaxPoolGradient: true
      case let op as SumPool: !(1...3).contains(op.windows.axes.count) || node.type.dtype == .f64
      case let op as MaxPool: !(1...3).contains(op.windows.axes.count)
      case let op as Elementwise: ["gelu_tanh_slope", "silu_slope"].contains(op.name)
      default: false
      }
    } _: { _, node, builder in
      let operands = node.operands.map(builder.value)
      switch node.op {
      case let op as Attention:
        return operands[0].plainAttention(
          operands[1], operands[2], mask: operands.count > 3 ? operands[3] : nil,
          isCausal: op.isCausal, scale: op.scale)
      case let op as AttentionGradient:
        let plain = operands[0].plainAttention(
          operands[1], operands[2], mask: operands.count > 4 ? operands[4] : nil,
          isCausal: op.isCausal, scale: op.scale)
        let gradients = builder.gradients(
          of: plain, withRespectTo: Array(operands[..<3]), seed: operands[3])
        return concat(gradients.map { $0.reshape([$0.shape.count]) }, axis: 0)
      case let op as NormalizeGradient:
        return operands[0].plainNormalizeGradient(operands[1], epsilon: op.epsilon)
      case let op as MaxPool: return operands[0].plainPool(op.windows) { $0.maximum($1) }
      case let op as SumPool: return operands[0].plainPool(op.windows) { $0 + $1 }
      case let op as MaxPoolGradient:
        return operands[0].plainMaxPoolGradient(operands[1], op.windows)
      default:
        return node.op.name == "silu_slope"
          ? operands[0].plainSiLUSlope() : operands[0].plainGELUTanhSlope()
      }
    }
  }
}

extension Value {
  /// Of every window the element at each place, as one value a place.
  private func elements(_ windows: Windows) -> [Value] {
    guard let places = try? windows.places(in: shape) else { return [self] }
    return windows.offsets.map { offset in
      let ends = offset.indices.map { index in
        offset[index] + (places[windows.axes[index]] - 1) * windows.strides[index] + 1
      }
      return slice(axes: windows.axes, from: offset, to: ends, step: windows.strides)
    }
  }

  fileprivate func plainPool(_ windows: Windows, _ join: (Value, Value) -> Value) -> Value {
    let elements = elements(windows)
    return elements.dropFirst().reduce(elements[0], join)
  }

  /// Each window's g goes to the place that the window's elements before and behind do not beat.
  fileprivate func plainMaxPoolGradient(_ g: Value, _ windows: Windows) -> Value {
    let elements = elements(windows)
    var largest = elements[0]
    var chosen = g.builder.iota(.i64, [1], axis: 0).broadcast(to: g.shape)
    for (place, x) in elements.enumerated().dropFirst() {
      let isLarger = (x .> largest) .| x.isNaN()
      largest = isLarger.select(x, largest)
      chosen = isLarger.select(chosen.constant(Double(place)), chosen)
    }
    let none = g.constant(0)
    let parts = windows.offsets.enumerated().map { place, offset -> Value in
      var part = (chosen .== Double(place)).select(g, none)
      for (index, axis) in windows.axes.enumerated() {
        let reach = (g.shape[axis] - 1) * windows.strides[index] + 1
        part = part.padded(
          axis, low: offset[index], high: shape[axis] - offset[index] - reach,
          interior: windows.strides[index] - 1)
      }
      return part
    }
    return parts.dropFirst().reduce(parts[0], +)
  }

  fileprivate func plainSiLUSlope() -> Value {
    let s = sigmoid()
    return s * (1 + self * (1 - s))
  }

  fileprivate func plainGELUTanhSlope() -> Value {
    let scale = (8 / Double.pi).squareRoot()
    let square = self * self
    let s = (scale * (self + 0.044715 * (square * self))).sigmoid()
    let speed = scale * (1 + (3 * 0.044715) * square)
    return s + s * (1 - s) * (self * speed)
  }
}

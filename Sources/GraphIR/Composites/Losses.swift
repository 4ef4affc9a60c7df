/// What becomes of the losses of single elements.
public enum LossReduction: String, Hashable, Sendable, CaseIterable {
  case mean, sum, none
}

extension Value {
  fileprivate func reduced(_ reduction: LossReduction) -> Value {
    switch reduction {
    case .mean: mean()
    case .sum: sum()
    case .none: self
    }
  }

  /// Squared distance to `target`.
  public func meanSquaredError(
    _ target: Value, reduction: LossReduction = .mean, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) { (self - target).squared().reduced(reduction) }
  }

  /// Distance to `target`.
  public func meanAbsoluteError(
    _ target: Value, reduction: LossReduction = .mean, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) { (self - target).abs().reduced(reduction) }
  }

  /// -t log(s) - (1 - t) log(1 - s), s the sigmoid of this value and t the target in 0...1.
  public func binaryCrossEntropyWithLogits(
    _ target: Value, reduction: LossReduction = .mean, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      // -log(s) is softplus(-x) and log(1 - s) is -x - softplus(-x).
      let loss = (1 - target) * self + (-self).softplus()
      return loss.reduced(reduction)
    }
  }

  /// -log softmax over the last axis, at the integer class that `labels` (this shape without the
  /// last axis) gives for each row.
  ///
  /// Rows labelled `ignored` have loss 0 and do not count in the mean; rows with any other label
  /// outside the classes have loss 0 and count.
  public func crossEntropy(
    labels: Value, ignoring ignored: Int? = nil, reduction: LossReduction = .mean,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, labels.isValid else { return isValid ? labels : self }
      guard shape.rank > 0, labels.shape.dims == Array(shape.dims.dropLast()) else {
        return failed("crossEntropy: labels \(labels.type) for logits \(type)", file, line)
      }
      // A comparison and a sum fuse with the softmax, where a gather would not.
      let count = shape[shape.rank - 1]
      let chosen = labels.expandDims(-1) .== builder.iota(labels.dtype, Shape([count]))
      let shifted = shifted(-1)
      let isClass = (labels .>= 0) .& (labels .< Double(count))
      let loss =
        isClass.select(shifted.exp().sum(axes: [-1]).log(), constant(0))
        - chosen.select(shifted, constant(0)).sum(axes: [-1])
      guard let ignored else { return loss.reduced(reduction) }
      let counts = labels .!= labels.constant(Double(ignored))
      let kept = counts.select(loss, constant(0))
      guard reduction == .mean else { return kept.reduced(reduction) }
      return kept.sum() / counts.cast(to: dtype).sum().maximum(constant(1))
    }
  }
}

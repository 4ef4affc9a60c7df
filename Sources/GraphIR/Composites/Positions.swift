import Foundation

/// Which features rotary positions rotate with one another.
public enum RotaryPairs: String, Hashable, Sendable, CaseIterable {
  /// Features 2i and 2i + 1, as Su et al. 2021 write it.
  case neighbours
  /// Features i and i + half, as GPT-NeoX and Llama lay them out.
  case halves
}

extension GraphBuilder {
  /// Vaswani et al. 2017: [tokens, features] of sin(t w_i) and cos(t w_i) in turn, with
  /// w_i = base^(-2i / features); `features` must be even.
  public func sinusoidalPositions(
    tokens: Int, features: Int, base: Double = 10_000, file: String = #fileID, line: Int = #line
  ) -> Value {
    located(file: file, line: line) {
      let angles = angles(tokens: tokens, features: features, base: base, file, line)
      guard angles.isValid else { return angles }
      return stack([angles.sin(), angles.cos()], axis: -1).reshape([tokens, features])
    }
  }

  /// [tokens, features / 2] of t w_i.
  fileprivate func angles(
    tokens: Int, features: Int, base: Double, dtype: DType = .f32, _ file: String, _ line: Int
  ) -> Value {
    guard tokens >= 0, features >= 0, features % 2 == 0 else {
      return fail(
        "positions: \(features) features of \(tokens) tokens; the features must be even",
        at: SourceLocation(file: file, line: line))
    }
    let speeds = (0..<features / 2).map { pow(base, -2 * Double($0) / Double(features)) }
    let type = TensorType(dtype, [features / 2])
    return iota(dtype, [tokens, 1]) * constant(Tensor(type, doubles: speeds))
  }
}

extension Value {
  /// Su et al. 2021: each pair of features of token t rotated by the angle t w_i, so that products
  /// of queries and keys depend on their distance alone.
  ///
  /// [batch..., tokens, heads, features], the features even in number; `first` is the position of
  /// the first token.
  public func rotary(
    pairs: RotaryPairs = .neighbours, base: Double = 10_000, first: Int = 0,
    file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid else { return self }
      guard shape.rank >= 3 else {
        return failed("rotary: \(type) is not [batch..., tokens, heads, features]", file, line)
      }
      let (tokens, features) = (shape[shape.rank - 3], shape[shape.rank - 1])
      guard dtype.isFloat, first >= 0 else {
        return failed("rotary: \(type) from position \(first)", file, line)
      }
      let all = builder.angles(
        tokens: first + tokens, features: features, base: base, dtype: dtype, file, line)
      guard all.isValid else { return all }
      let angles = all.slice(0, from: first).expandDims(1)
      let (cosine, sine) = (angles.cos(), angles.sin())
      let isHalves = pairs == .halves
      let half = features / 2
      let a = isHalves ? slice(-1, to: half) : slice(-1, step: 2)
      let b = isHalves ? slice(-1, from: half) : slice(-1, from: 1, step: 2)
      let rotated = [a * cosine - b * sine, a * sine + b * cosine]
      guard !isHalves else { return concat(rotated, axis: -1) }
      var dims = shape.dims
      if shape.rank > 3, dims.allSatisfy({ $0 > 0 }) { dims[0] = -1 }
      return stack(rotated, axis: -1).reshape(dims)
    }
  }
}

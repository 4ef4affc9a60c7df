/// What is done to gradients that are too large.
public enum GradientClipping: Hashable, Sendable {
  case none
  /// Every element is kept within -limit...limit.
  case value(Double)
  /// All gradients are scaled together so that the norm of all their elements is at most `limit`:
  /// torch.nn.utils.clip_grad_norm_, whose coefficient is min(1, limit / (norm + 1e-6)).
  case globalNorm(Double)

  /// Throws for a limit that is not above 0.
  func check() throws(OptimizerError) {
    switch self {
    case .none: break
    case .value(let limit), .globalNorm(let limit):
      // Infinity never clips, which is a way to watch the norm only.
      guard limit > 0 else {
        throw OptimizerError("gradients cannot be clipped at \(limit): it must be above 0")
      }
    }
  }

  /// The clipped gradients, and the f64 norm before clipping where it was computed.
  func apply(_ gradients: [Value]) -> (gradients: [Value], norm: Value?) {
    switch self {
    case .none: return (gradients, nil)
    case .value(let limit): return (gradients.map { $0.clamp(-limit, limit) }, nil)
    case .globalNorm(let limit):
      let squares = gradients.map { ($0 * $0).sum().cast(to: .f64) }
      guard let first = squares.first else { return ([], nil) }
      let norm = squares.dropFirst().reduce(first, +).sqrt().named("gradient norm")
      let coefficient = (limit / (norm + 1e-6)).minimum(norm.constant(1))
      return (gradients.map { $0 * coefficient.cast(to: $0.dtype) }, norm)
    }
  }
}

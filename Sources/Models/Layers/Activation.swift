import GraphIR

/// A function of single elements between layers.
public enum Activation: Hashable, Sendable, Layer {
  case identity
  case relu
  case leakyReLU(slope: Double)
  case elu(alpha: Double)
  case gelu
  /// Hendrycks' approximation of GELU.
  case geluTanh
  case silu
  case sigmoid
  case tanh
  case softplus

  public func apply(_ x: Value) -> Value {
    switch self {
    case .identity: x
    case .relu: x.relu()
    case .leakyReLU(let slope): x.leakyReLU(slope: slope)
    case .elu(let alpha): x.elu(alpha: alpha)
    case .gelu: x.gelu()
    case .geluTanh: x.gelu(approximate: true)
    case .silu: x.silu()
    case .sigmoid: x.sigmoid()
    case .tanh: x.tanh()
    case .softplus: x.softplus()
    }
  }
}

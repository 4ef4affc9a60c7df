/// How a variable gets its first value.
///
/// Random ones are drawn with Philox from the training seed, one stream a variable, in the
/// compiled module.
public enum Initializer: Hashable, Sendable {
  /// Every element the same.
  case constant(Double)
  /// Uniform in [-bound, bound).
  case uniform(bound: Double)
  /// Normal with mean 0.
  case normal(standardDeviation: Double)
  /// These elements.
  case given(Tensor)

  public static let zeros = Initializer.constant(0)
  public static let ones = Initializer.constant(1)

  /// He et al. 2015, uniform, for weights before ReLU: variance 2 / fanIn.
  public static func kaimingUniform(fanIn: Int) -> Initializer {
    .uniform(bound: (6 / Double(max(1, fanIn))).squareRoot())
  }

  /// He et al. 2015, normal: variance 2 / fanIn.
  public static func kaimingNormal(fanIn: Int) -> Initializer {
    .normal(standardDeviation: (2 / Double(max(1, fanIn))).squareRoot())
  }

  /// Glorot and Bengio 2010, uniform: variance 2 / (fanIn + fanOut).
  public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initializer {
    .uniform(bound: (6 / Double(max(1, fanIn + fanOut))).squareRoot())
  }

  /// Glorot and Bengio 2010, normal.
  public static func xavierNormal(fanIn: Int, fanOut: Int) -> Initializer {
    .normal(standardDeviation: (2 / Double(max(1, fanIn + fanOut))).squareRoot())
  }

  /// What PyTorch's `Linear` has for weights and biases: uniform in +-1/sqrt(fanIn), a third of the
  /// variance of LeCun et al. 1998.
  public static func linearDefault(fanIn: Int) -> Initializer {
    .uniform(bound: 1 / Double(max(1, fanIn)).squareRoot())
  }

  var attributes: [Attribute] {
    switch self {
    case .constant(let value): [Attribute("fill", .double(value))]
    case .uniform(let bound): [Attribute("uniform", .double(bound))]
    case .normal(let deviation): [Attribute("normal", .double(deviation))]
    case .given(let tensor): [Attribute("given", tensor.attributeValue)] + tensor.type.prefixed
    }
  }

  init(reader: inout AttributeReader) throws(OpError) {
    if reader.has("fill") {
      self = .constant(try reader.double("fill"))
    } else if reader.has("uniform") {
      self = .uniform(bound: try reader.double("uniform"))
    } else if reader.has("normal") {
      self = .normal(standardDeviation: try reader.double("normal"))
    } else {
      let dtype = try reader.dtype("given_dtype")
      let shape = Shape(try reader.ints("given_shape"))
      guard shape.isValid else { throw OpError("shape \(shape) is outside the limits") }
      self = .given(try Tensor(TensorType(dtype, shape), reader: &reader, "given"))
    }
  }
}

extension TensorType {
  fileprivate var prefixed: [Attribute] {
    [
      Attribute("given_dtype", .string(dtype.rawValue)),
      Attribute("given_shape", .ints(shape.dims)),
    ]
  }
}

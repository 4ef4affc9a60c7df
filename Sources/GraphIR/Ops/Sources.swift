/// A tensor given anew at every run: a batch of images, labels.
public struct Input: Op {
  public let key: String
  public let type: TensorType

  public init(_ key: String, _ type: TensorType) {
    self.key = key
    self.type = type
  }

  public var name: String { "input" }
  public var attributes: [Attribute] { [Attribute("name", .string(key))] + type.attributes }
  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType { type }
  public func gradient(_ context: GradientContext) -> [Gradient] { [] }
  public func computation(_ operands: [TensorType]) -> Computation { .source }
  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    preconditionFailure("an input's elements are given, not computed")
  }

  public static let catalog = [
    OpEntry(
      "input", "a tensor given at every run", gradient: "none: it has no operands",
      samples: { [] },
      make: { reader throws(OpError) in
        try Input(reader.string("name"), TensorType(reader: &reader))
      })
  ]
}

/// A tensor which persists from run to run: a weight, an optimizer's moment, a step counter.
public struct Variable: Op {
  public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Trained: a gradient flows to it.
    case parameter
    /// Kept and updated, but not by gradient.
    case state
  }

  public let key: String
  public let type: TensorType
  public let role: Role
  public let initializer: Initializer

  public init(
    _ key: String, _ type: TensorType, role: Role = .parameter, initializer: Initializer
  ) {
    self.key = key
    self.type = type
    self.role = role
    self.initializer = initializer
  }

  public var name: String { "variable" }
  public var attributes: [Attribute] {
    [Attribute("name", .string(key))] + type.attributes
      + [Attribute("role", .string(role.rawValue))] + initializer.attributes
  }
  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType { type }
  public func gradient(_ context: GradientContext) -> [Gradient] { [] }
  public func computation(_ operands: [TensorType]) -> Computation { .source }
  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    preconditionFailure("a variable's elements are kept, not computed")
  }

  public static let catalog = [
    OpEntry(
      "variable", "a tensor kept from run to run", gradient: "none: it has no operands",
      samples: { [] },
      make: { reader throws(OpError) in
        let key = try reader.string("name")
        let type = try TensorType(reader: &reader)
        guard let role = Role(rawValue: try reader.string("role")) else {
          throw OpError("attribute 'role' must be parameter or state")
        }
        let initializer = try Initializer(reader: &reader)
        return Variable(key, type, role: role, initializer: initializer)
      })
  ]
}

/// A tensor known at compile time.
public struct Constant: Op {
  public let tensor: Tensor

  public init(_ tensor: Tensor) { self.tensor = tensor }

  public init(_ value: Double, _ dtype: DType) {
    tensor = Tensor(TensorType(dtype, .scalar), doubles: [value])
  }

  public var name: String { "constant" }
  public var attributes: [Attribute] {
    tensor.type.attributes + [Attribute("value", tensor.attributeValue)]
  }
  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType { tensor.type }
  public func gradient(_ context: GradientContext) -> [Gradient] { [] }
  public func computation(_ operands: [TensorType]) -> Computation { .source }
  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    tensor.doubles
  }

  /// The value of a constant with one element, however many axes.
  public var scalar: Double? { tensor.count == 1 ? tensor.doubles[0] : nil }

  public static let catalog = [
    OpEntry(
      "constant", "a tensor known at compile time", gradient: "none: it has no operands",
      samples: { [] },
      make: { reader throws(OpError) in
        let type = try TensorType(reader: &reader)
        return Constant(try Tensor(type, reader: &reader, "value"))
      })
  ]
}

extension TensorType {
  var attributes: [Attribute] {
    [Attribute("dtype", .string(dtype.rawValue)), Attribute("shape", .ints(shape.dims))]
  }

  init(reader: inout AttributeReader) throws(OpError) {
    let dtype = try reader.dtype("dtype")
    let shape = Shape(try reader.ints("shape"))
    guard shape.isValid else { throw OpError("shape \(shape) is outside the limits") }
    self.init(dtype, shape)
  }
}

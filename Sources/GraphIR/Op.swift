/// An operation of the graph: everything the compiler knows of it, in one place.
///
/// Nothing is defaulted, so an op without a gradient or a reference does not compile. Attributes
/// are stored properties, and equality is synthesized from them. An op computes one result.
public protocol Op: Hashable, Sendable {
  /// The name in the text form, one of `catalog`'s.
  var name: String { get }

  /// What the text form prints between parentheses; `catalog`'s `make` reads the same back.
  var attributes: [Attribute] { get }

  /// The result's type. Throws when the operands do not fit; the message names their types.
  func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType

  /// One gradient an operand, of the result's gradient `context.gradient`. An operand's gradient
  /// may still have the shape the operand was broadcast to: the driver sums it back.
  func gradient(_ context: GradientContext) -> [Gradient]

  /// What each element of the result is, as the code generator understands it.
  func computation(_ operands: [TensorType]) -> Computation

  /// The result's elements in double precision, straight from the definition.
  func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double]

  /// The rows of the op table which this type declares.
  static var catalog: [OpEntry] { get }
}

/// A row of the op table.
public struct OpEntry: Sendable {
  public let name: String
  public let summary: String
  /// The gradient in a formula: `g` is the result's gradient, `y` the result.
  public let gradient: String
  /// Inputs the op's tests run on: the same for shape errors, text, reference, gradient and C.
  public let samples: @Sendable () -> [OpSample]
  /// The op with these attributes.
  public let make: @Sendable (inout AttributeReader) throws(OpError) -> any Op

  public init(
    _ name: String, _ summary: String, gradient: String,
    samples: @escaping @Sendable () -> [OpSample],
    make: @escaping @Sendable (inout AttributeReader) throws(OpError) -> any Op
  ) {
    self.name = name
    self.summary = summary
    self.gradient = gradient
    self.samples = samples
    self.make = make
  }
}

/// Operands do not fit an op, or its attributes are not what it takes.
public struct OpError: Error, CustomStringConvertible, Hashable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A tensor in double precision whatever its element type, for references.
public struct ReferenceTensor: Hashable, Sendable {
  public var type: TensorType
  public var values: [Double]
  public var shape: Shape { type.shape }

  public init(_ type: TensorType, _ values: [Double]) {
    precondition(values.count == type.shape.count)
    self.type = type
    self.values = values
  }
}

/// The op table: every op there is, by name.
public enum OpTable {
  public static let entries: [OpEntry] = families.flatMap { $0.catalog }
  static let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
  public static func entry(named name: String) -> OpEntry? { byName[name] }
}

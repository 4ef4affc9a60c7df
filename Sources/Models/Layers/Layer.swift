import GraphIR

/// A function of one value with weights of its own: `let y = layer(x)`.
///
/// A layer makes its variables when it is made, so calling it twice shares them.
public protocol Layer {
  /// The layer's result; `callAsFunction` is what models write.
  func apply(_ x: Value) -> Value
}

extension Layer {
  /// The layer's result; mistakes in it are reported at the line of this call.
  public func callAsFunction(_ x: Value, file: String = #fileID, line: Int = #line) -> Value {
    x.builder.located(file: file, line: line) { apply(x) }
  }
}

/// Layers one after the other.
public struct Sequential: Layer {
  public let layers: [any Layer]

  public init(_ layers: any Layer...) { self.layers = layers }
  public init(_ layers: [any Layer]) { self.layers = layers }

  public func apply(_ x: Value) -> Value { layers.reduce(x) { $1.apply($0) } }
}

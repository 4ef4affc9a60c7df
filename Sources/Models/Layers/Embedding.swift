import GraphIR

/// A vector for each of a number of tokens.
public struct Embedding: Layer {
  /// [tokens, features].
  public let table: Value

  /// Makes the variable NAME.
  public init(
    _ builder: GraphBuilder, _ name: String, tokens: Int, features: Int,
    initializer: Initializer = .normal(standardDeviation: 1), file: String = #fileID,
    line: Int = #line
  ) {
    table = builder.variable(
      name, .f32, [tokens, features], initializer: initializer, file: file, line: line)
  }

  /// x holds integers, [any axes...]; the result is [any axes..., features].
  public func apply(_ x: Value) -> Value { table.gather(x) }
}

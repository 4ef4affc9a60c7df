/// A value of a graph under construction.
public struct Value {
  public let builder: GraphBuilder
  public let id: NodeID

  /// False for a value that comes after a mistake.
  public var isValid: Bool { id.index >= 0 }

  /// f32 scalar for a value that comes after a mistake.
  public var type: TensorType {
    isValid ? builder.graph[id].type : TensorType(.f32, .scalar)
  }
  public var shape: Shape { type.shape }
  public var dtype: DType { type.dtype }

  /// Names the node, for dumps, errors and the comments of the generated C.
  public func named(_ label: String) -> Value {
    if isValid { builder.setLabel(id, label) }
    return self
  }
}

extension Value {
  /// Applies an op of any kind to this value and others.
  public func apply(
    _ op: any Op, _ others: Value..., file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.append(op, [self] + others, at: SourceLocation(file: file, line: line))
  }

  func map(_ name: String, _ others: [Value] = [], _ parameters: [Double] = []) -> Value {
    builder.append(Elementwise(name, parameters), [self] + others)
  }

  /// A scalar constant of this value's element type.
  public func constant(_ value: Double) -> Value { builder.constant(value, dtype) }
}

extension Value {
  /// The same value as a node of its own, for gradient rules that differentiate what they build.
  ///
  /// Such a rule wants partial derivatives by its operands. Of the operands themselves one may
  /// depend on another, as the gradient that flows back to a layer depends on the layer's input,
  /// or be the same node: then derivatives would hold the paths between them, too.
  var leaf: Value {
    isValid ? builder.append(Transpose(Array(shape.dims.indices)), [self]) : self
  }
}

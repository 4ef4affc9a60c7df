extension Tensor {
  /// The elements as an attribute, from which `init(_:reader:_:)` makes the same bits.
  var attributeValue: AttributeValue {
    switch dtype {
    case .f32: .doubles(values(as: Float.self).map(\.shortest))
    case .f64: .doubles(values(as: Double.self))
    case .i32: .ints(values(as: Int32.self).map(Int.init))
    case .i64: .ints(values(as: Int64.self).map(Int.init))
    case .bool, .u8: .ints(bytes.map(Int.init))
    }
  }

  /// The tensor of `type` whose elements the attribute `name` lists.
  init(_ type: TensorType, reader: inout AttributeReader, _ name: String) throws(OpError) {
    let count = type.shape.count
    func check(_ given: Int) throws(OpError) {
      guard given == count else {
        throw OpError("attribute '\(name)' has \(given) values, \(type) needs \(count)")
      }
    }
    if type.dtype == .i64 {
      // Doubles would lose the integers beyond 2^53.
      let values = try reader.ints(name)
      try check(values.count)
      self.init(values.map(Int64.init), shape: type.shape)
    } else {
      let values = try reader.doubles(name)
      try check(values.count)
      self.init(type, doubles: values)
    }
  }
}

extension Float {
  /// The double with the fewest digits that rounds to this: 0.1 and not 0.10000000149011612.
  fileprivate var shortest: Double {
    guard isFinite, let short = Double(description), Float(short) == self else {
      return Double(self)
    }
    return short
  }
}

import GraphIR

// Element types.

extension OperatorTable {
  static let castOperators: [Operator] = [
    Operator(
      "Cast", ["to", "saturate", "round_mode"],
      tensor: { node in
        let number = try node.requiredInt("to")
        return try node.tensor(0).cast(to: elementType(number, node))
      }),
    Operator(
      "CastLike", ["saturate", "round_mode"],
      tensor: { node in try node.tensor(0).cast(to: node.tensor(1).elementType) }),
    Operator("BitCast", ["to"], tensor: bitCast),
  ]

  /// The element type that an attribute names.
  static func elementType(_ number: Int, _ node: OperatorContext) throws -> ONNXElementType {
    do {
      return try ONNXElementType(Int32(clamping: number), of: node.importer.describe(node.node))
    } catch {
      throw UnsupportedUse("element type \(number) is not supported")
    }
  }

  /// The same bits as another element type of the same size.
  private static func bitCast(_ node: OperatorContext) throws -> ImportedTensor {
    let tensor = try node.tensor(0)
    let to = try elementType(node.requiredInt("to"), node)
    if to == tensor.elementType { return tensor }
    let areIntegers = tensor.elementType.isInteger && to.isInteger
    guard areIntegers, to.bits == tensor.elementType.bits else {
      let known = try node.known(tensor.value, "the bits of a float")
      // By way of the file's own form, where the bits are.
      var bits = ONNXTensor(tensor.elementType, known).proto(name: "")
      guard to.bits == tensor.elementType.bits else {
        throw node.wrong("\(tensor.elementType) and \(to) have different sizes")
      }
      bits.dataType = to.rawValue
      let cast = try node.importer.tensor(bits)
      return ImportedTensor(node.builder.constant(cast.tensor), to)
    }
    // Integers are kept by value, not by bits: wrap into the range of the other type.
    return ImportedTensor(tensor.value.cast(to: to.storage), to).wrapped
  }
}

extension ImportedTensor {
  /// The elements as another element type: integers wrap, floats round to nearest.
  func cast(to target: ONNXElementType) -> ImportedTensor {
    if target == elementType { return self }
    switch target {
    case .bool:
      let isSet = value.dtype == .bool ? value : value .!= value.constant(0)
      return ImportedTensor(isSet, .bool)
    case .float16: return ImportedTensor(value.cast(to: .f32).roundedToFloat16(), target)
    case .bfloat16: return ImportedTensor(value.cast(to: .f32).roundedToBFloat16(), target)
    default: break
    }
    // By i64, so that what wraps in the target does not overflow before.
    let isNarrowed = target.isInteger && value.dtype.isFloat && target.storage == .i32
    let whole = isNarrowed ? value.cast(to: .i64) : value
    return ImportedTensor(whole.wrapped(to: target).cast(to: target.storage), target)
  }

  /// The elements brought back into the range of an integer type that is computed in a wider one.
  var wrapped: ImportedTensor {
    ImportedTensor(value.wrapped(to: elementType), elementType)
  }
}

extension Value {
  /// An integer modulo 2^bits, in the range of the type; other values as they are.
  fileprivate func wrapped(to type: ONNXElementType) -> Value {
    guard type.isInteger, dtype.isInteger, type.bits < 8 * dtype.size else { return self }
    let count = Double(UInt64(1) << UInt64(type.bits))
    if type.isUnsigned { return modulo(constant(count)) }
    return (self + count / 2).modulo(constant(count)) - count / 2
  }
}

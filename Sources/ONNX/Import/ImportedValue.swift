import GraphIR

/// A tensor of an ONNX graph: a value in its storage type, and the element type the model means.
struct ImportedTensor {
  var value: Value
  var elementType: ONNXElementType

  var shape: Shape { value.shape }
  var rank: Int { value.shape.rank }

  init(_ value: Value, _ elementType: ONNXElementType) {
    self.value = value
    self.elementType = elementType
  }

  /// Of the element type that the storage type has in ONNX.
  init(_ value: Value) { self.init(value, ONNXElementType(storing: value.dtype)) }
}

/// What a name of an ONNX graph stands for.
enum ImportedValue {
  case tensor(ImportedTensor)
  case sequence([ImportedValue])
  indirect case optional(ImportedValue?)
  /// The result of a node that is not supported: so is what depends on it, without another error.
  case unsupported

  init(_ value: Value) { self = .tensor(ImportedTensor(value)) }
  init(_ value: Value, _ elementType: ONNXElementType) {
    self = .tensor(ImportedTensor(value, elementType))
  }

  /// Whether this, or something in it, could not be imported.
  var isUnsupported: Bool {
    switch self {
    case .tensor: false
    case .sequence(let elements): elements.contains(where: \.isUnsupported)
    case .optional(let element): element?.isUnsupported ?? false
    case .unsupported: true
    }
  }
}

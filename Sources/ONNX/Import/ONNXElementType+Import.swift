extension ONNXElementType {
  /// The type with this number in a model; `subject` is what errors name.
  init(_ number: Int32, of subject: String) throws {
    guard let type = ONNXElementType(rawValue: number) else {
      throw ImportError.unsupported([
        .init(node: subject, reason: "has \(ONNXElementType.name(of: number))")
      ])
    }
    self = type
  }

  public var isInteger: Bool { !isFloat && self != .bool }

  var isUnsigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// Bits an element in a file.
  var bits: Int { 8 * width }
}

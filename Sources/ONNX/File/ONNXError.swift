import Runtime

/// What can be wrong with an ONNX file, told in one line that names it.
public enum ONNXError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Reading or writing it failed.
  case file(DataError)
  /// Bytes that are no protocol buffer of the message that belongs there.
  case notParsed(file: String, message: String, reason: String)
  case noGraph(file: String)
  /// `found` is the name of an element type that dlc does not compute with.
  case elementType(file: String, tensor: String, found: String)
  case shape(file: String, tensor: String, dims: [Int64])
  /// The data are not as many as the shape says; `unit` is bytes or elements.
  case dataCount(file: String, tensor: String, found: Int, expected: Int, unit: String)
  /// A tensor cut in segments.
  case segment(file: String, tensor: String)
  /// What is wrong with the place of a tensor's data outside the model's file.
  case externalData(file: String, tensor: String, problem: String)
  case sparse(file: String, tensor: String, problem: String)

  public var description: String {
    let (file, text) = parts
    return file.isEmpty ? text.onOneLine : "\(file): \(text)".onOneLine
  }

  private var parts: (file: String, text: String) {
    switch self {
    case .file(let error):
      return ("", error.description)
    case .notParsed(let file, let message, let reason):
      return (file, "is no ONNX file: \(reason) where a \(message) belongs")
    case .noGraph(let file):
      return (file, "is no ONNX model: it holds no graph")
    case .elementType(let file, let tensor, let found):
      let list = ONNXElementType.supported
      return (file, "\(named(tensor)) has \(found), which is not supported; supported: \(list)")
    case .shape(let file, let tensor, let dims):
      let found = "\(named(tensor)) has the shape \("\(dims)".shortened)"
      return (file, "\(found), which is not supported; supported: up to 8 axes, 2^40 elements")
    case .dataCount(let file, let tensor, let found, let expected, let unit):
      return (file, "\(named(tensor)) has \(found) \(unit); its shape needs \(expected)")
    case .segment(let file, let tensor):
      return (file, "\(named(tensor)) is cut in segments, which is not supported; join them")
    case .externalData(let file, let tensor, let problem):
      return (file, "\(named(tensor)) has its data outside the file: \(problem)")
    case .sparse(let file, let tensor, let problem):
      return (file, "sparse \(named(tensor)) \(problem)")
    }
  }

  private func named(_ tensor: String) -> String {
    tensor.isEmpty ? "a tensor without a name" : "tensor '\(tensor.shortened)'"
  }
}

import GraphIR

/// A compiled graph was called wrongly, or could not be made.
public enum ExecutionError: Error, CustomStringConvertible {
  case outOfMemory(bytes: Int)
  case missingKernel(String)
  case compiler(CompileError)
  case input(name: String, expected: TensorType, given: TensorType?)
  case unknownInput(String, known: [String])
  case variable(name: String, expected: TensorType, given: TensorType?)

  public var description: String {
    switch self {
    case .outOfMemory(let bytes):
      "out of memory: \(bytes / 1_048_576) MB are needed; use a smaller batch or model"
    case .missingKernel(let name):
      "the kernel \(name) does not exist; this is a mistake in dlc's code generator"
    case .compiler(let error): error.description
    case .input(let name, let expected, let given):
      given.map { "input '\(name)' is \($0), the graph takes \(expected)" }
        ?? "input '\(name)' is missing; the graph takes \(expected)"
    case .unknownInput(let name, let known):
      "there is no input '\(name)'; the graph has \(known.joined(separator: ", "))"
    case .variable(let name, let expected, let given):
      given.map { "variable '\(name)' is \($0), the model has \(expected)" }
        ?? "variable '\(name)' is not there; the model has it as \(expected)"
    }
  }
}

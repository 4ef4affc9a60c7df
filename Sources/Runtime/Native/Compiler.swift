/// Who turns C into machine code.
public enum Compiler: Hashable, Sendable {
  /// libtcc, in this process: milliseconds, no optimizer.
  case tcc
  /// A C compiler that takes gcc's options, by path or by a name to find in PATH: seconds, fast code.
  case system(path: String)

  /// The relocatable ELF64 object of `source`; throws with the compiler's messages.
  func object(source: String) throws(CompileError) -> [UInt8] {
    switch self {
    case .tcc: try TinyC.object(source: source)
    case .system(let path): try SystemCompiler(path: path).object(source: source)
    }
  }
}

/// C source compiled and loaded, its functions callable until it is released.
///
/// libtcc compiles it, in process, unless another compiler is asked for. Pass scalars and pointers
/// only: libtcc gets structures passed or returned by value wrong.
public final class NativeModule: @unchecked Sendable {
  /// Bytes of machine code, the stubs for calls into the host included.
  public let codeSize: Int
  private let memory: CodeMemory
  private let exports: [String: Int]

  /// Compiles and loads `source`.
  ///
  /// `symbols` holds every external name that the source may use, with its address; `memcpy`,
  /// `memmove` and `memset` need not be in it. Throws with the compiler's messages, and with the
  /// node where the source has `#line N "node"` directives.
  public init(
    source: String, symbols: [String: UnsafeRawPointer], compiler: Compiler = .tcc
  ) throws(CompileError) {
    let object = try ElfObject(try compiler.object(source: source))
    let linker: ObjectLinker
    do throws(ObjectLinker.UndefinedOrDamaged) {
      linker = try ObjectLinker(object) { symbols[$0] ?? TinyC.supportAddress($0) }
    } catch {
      switch error {
      case .damaged(let reason): throw reason
      case .undefined(let names): throw CompileError(undefined: names, source: source)
      }
    }
    let layout = linker.layout
    memory = try CodeMemory(size: layout.size)
    let image = try linker.image(at: UInt64(UInt(bitPattern: memory.base)))
    try memory.fill(image, codeEnd: layout.codeSize, dataOffset: layout.dataOffset)
    codeSize = layout.codeSize
    exports = linker.exports()
  }

  /// The instructions.
  public var code: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory.base, count: codeSize)
  }

  /// The address of a function or variable that the source defines and does not make static.
  public func address(of function: String) -> UnsafeRawPointer? {
    exports[function].map { UnsafeRawPointer(memory.base + $0) }
  }

  /// The relocatable ELF object of `source`, for a linker.
  ///
  /// It declares the stack non-executable, so linking it does not make the program's stack
  /// executable.
  public static func object(
    source: String, compiler: Compiler = .tcc
  ) throws(CompileError) -> [UInt8] {
    try compiler.object(source: source)
  }

  /// A shared library of `source`, which may call the C library's mathematics and nothing else.
  public static func sharedLibrary(
    source: String, compiler: Compiler = .tcc
  ) throws(CompileError) -> [UInt8] {
    try SharedLibrary.bytes(of: compiler.object(source: source))
  }
}

extension CompileError {
  /// The error for names that have no address, with the node that uses the first of them.
  ///
  /// Objects do not tell lines, so the node comes from the source text: C declares before use,
  /// which makes the last line that holds the name a use.
  init(undefined names: [String], source: String) {
    var node: String?
    var found: String?
    if let name = names.first {
      for line in source.split(whereSeparator: \.isNewline) {
        if line.hasPrefix("#line ") {
          node = line.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first
            .map(String.init)
        } else if line.containsWord(name) {
          found = node
        }
      }
    }
    let place = found.map { "\($0): " } ?? ""
    self.init(messages: names.map { "\(place)error: undefined symbol '\($0)'" }, node: found)
  }
}

extension Substring {
  /// Whether `word` occurs with no letter, digit or underscore on either side.
  fileprivate func containsWord(_ word: String) -> Bool {
    split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == word }
  }
}

import CTCC
import Glibc
import Synchronization

/// libtcc as a function from C source to a relocatable object.
///
/// Objects are the only output asked for: letting libtcc place code itself ends the process where
/// memory must not be writable and executable, and leaves such memory behind where it may.
enum TinyC {
  /// The file that messages name where the source has no `#line` directive.
  static let sourceName = "model.c"

  /// libtcc keeps its state in global variables.
  private static let lock = Mutex(())

  /// Declares the stack non-executable: without the section, linkers assume the opposite.
  private static let prologue = """
    __asm__(".section .note.GNU-stack,\\"\\",@progbits");
    #line 1 "\(sourceName)"

    """

  /// The ELF64 object of `source`, compiled without headers, libraries or warnings let through.
  static func object(source: String) throws(CompileError) -> [UInt8] {
    try lock.withLock { (_) throws(CompileError) in try compile(prologue + source) }
  }

  private final class Messages {
    var lines: [String] = []
  }

  private static func compile(_ text: String) throws(CompileError) -> [UInt8] {
    guard let state = tcc_new() else { throw CompileError("libtcc has no memory for a compile") }
    defer { tcc_delete(state) }
    let messages = Messages()
    tcc_set_error_func(state, Unmanaged.passUnretained(messages).toOpaque()) { opaque, message in
      guard let opaque, let message else { return }
      let messages = Unmanaged<Messages>.fromOpaque(opaque).takeUnretainedValue()
      // The line before the message of a refused #include only repeats its place.
      messages.lines += String(cString: message).split(separator: "\n").map(String.init)
        .filter { !$0.hasPrefix("In file included from ") }
    }
    // An undeclared function is a warning only, and its result would be taken for an int.
    tcc_set_options(state, "-nostdlib -nostdinc -Werror -fno-common")
    // A failed compile can be followed by output that claims success, so every result counts, and
    // so does every message.
    let compiled = ctcc_output_object(state) == 0 && tcc_compile_string(state, text) == 0
    guard compiled, messages.lines.isEmpty else {
      throw CompileError(compilerMessages: messages.lines, defaultFile: sourceName)
    }
    let file = try MemoryFile(name: "dlc-object")
    guard tcc_output_file(state, file.path) == 0, messages.lines.isEmpty else {
      throw CompileError(compilerMessages: messages.lines, defaultFile: sourceName)
    }
    return try file.contents()
  }

  /// The address of a function that libtcc's object code calls without the source naming it.
  static func supportAddress(_ name: String) -> UnsafeRawPointer? {
    ctcc_support_address(name).map(UnsafeRawPointer.init)
  }
}

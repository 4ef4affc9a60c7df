import Foundation

/// A mistake that only the command line can see, told in one line.
struct CommandError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The user asked to stop; the text says what was saved. Ends with status 130.
struct Interrupted: Error, CustomStringConvertible {
  let description: String
}

/// How errors of every module become one line.
enum Failure {
  /// The error's text, its lines joined, control characters out of files made harmless.
  static func line(_ error: any Error) -> String {
    let text = "\(error)".split(whereSeparator: \.isNewline).joined(separator: "; ")
    let safe = text.unicodeScalars.map { scalar in
      scalar.value < 32 || (127..<160).contains(scalar.value) ? "?" : Character(scalar)
    }
    return String(safe)
  }
}

/// Standard output: results, and only they. Writing to a full disk or closed pipe is an error.
enum StandardOutput {
  static func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  static func write(_ bytes: [UInt8]) throws {
    if let reason = writeAll(bytes, to: STDOUT_FILENO) {
      throw CommandError("standard output cannot be written: \(reason)")
    }
  }
}

/// Standard error: progress, notes and errors. Nobody can be told when it fails.
enum StandardError {
  static func write(_ text: String) {
    _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Writes all of `bytes`; the system's reason where that fails.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
  bytes.withUnsafeBytes { bytes in
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = write(descriptor, start, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return String(cString: strerror(errno)) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return nil
  }
}

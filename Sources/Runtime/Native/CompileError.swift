/// Why C source did not become callable code.
public struct CompileError: Error, Equatable, CustomStringConvertible {
  /// What went wrong, one line each, in the order of discovery; never empty.
  public let messages: [String]
  /// The graph node that the first message speaks of, from the last `#line N "node"` before it.
  public let node: String?

  /// An error with its messages, and the node whose C they speak of where it is known.
  public init(messages: [String], node: String? = nil) {
    self.messages = messages
    self.node = node
  }

  init(_ message: String) {
    self.init(messages: [message])
  }

  public var description: String {
    messages.joined(separator: "\n")
  }
}

extension CompileError {
  /// The error for messages of the form `FILE:LINE: error: TEXT`, as C compilers print them.
  ///
  /// FILE is the name of the last `#line` directive. `defaultFile` is the name of what stands
  /// before any directive of the printed source and so names no node.
  init(compilerMessages: [String], defaultFile: String) {
    let place = compilerMessages.lazy.compactMap(Self.file).first
    self.init(
      messages: compilerMessages.isEmpty
        ? ["the compiler failed without a message"] : compilerMessages,
      node: place == defaultFile ? nil : place)
  }

  /// The FILE of `FILE:LINE: error: TEXT`; a FILE may hold colons itself.
  private static func file(of message: String) -> String? {
    for kind in [": error: ", ": fatal error: ", ": warning: "] {
      guard let kindRange = message.firstRange(of: kind) else { continue }
      let place = message[..<kindRange.lowerBound]
      guard let colon = place.lastIndex(of: ":"), colon > place.startIndex,
        place[place.index(after: colon)...].allSatisfy(\.isNumber)
      else { continue }
      return String(place[..<colon])
    }
    return nil
  }
}

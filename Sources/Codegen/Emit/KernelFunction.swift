import GraphIR

/// A function of the C that runs a kernel, while it is printed.
///
/// All that tells one layer's kernel from the next one's, the places of its values and the queue of
/// its work, are parameters, so that kernels which do the same have one function.
struct KernelFunction {
  /// Declarations of its parameters but for the run and the threads: `const float *v12`.
  private(set) var parameters: [String] = []
  /// What a call passes for each.
  private(set) var arguments: [String] = []
  /// Whether it uses what belongs to the run: scratch memory or queues.
  var usesRun = false
  /// Queues of work that it takes parts from.
  var queues = 0
  /// Whether the share that is open takes parts.
  var isTaking = false

  mutating func add(_ parameter: String, argument: String) {
    parameters.append(parameter)
    arguments.append(argument)
  }

  var allParameters: [String] {
    (usesRun ? ["const dlc_run *run"] : []) + ["int thread", "int threads"] + parameters
  }
}

/// The call of a kernel's function.
struct KernelCall {
  let function: String
  let usesRun: Bool
  let arguments: [String]

  /// The call by every thread, in lines.
  var shared: [String] { lines("", ["thread", "threads"]) }
  /// The call as the only thread.
  var alone: [String] { lines("", ["0", "1"]) }
  /// The call by the first of several threads alone.
  var serial: [String] { lines("if (thread == 0) ", ["0", "1"]) }

  private func lines(_ condition: String, _ threads: [String]) -> [String] {
    CSyntax.wrapped(
      "\(condition)\(function)(", (usesRun ? ["run"] : []) + threads + arguments, ");")
  }
}

/// C with the numbers of nodes replaced by the order in which they are met, and without the
/// comments that fill a line: the same for functions that differ in nothing but these.
struct CanonicalText: Hashable {
  private var bytes: [UInt8] = []
  /// The order in which nodes were met.
  private var places: [Int: Int] = [:]

  static func == (a: CanonicalText, b: CanonicalText) -> Bool { a.bytes == b.bytes }

  /// All bytes at once, which an array would hand over one by one.
  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  mutating func append(_ line: String) {
    if line.utf8.starts(with: "/*".utf8) { return }
    var line = line
    line.withUTF8 { text in
      var start = 0
      while start < text.count {
        var end = start + 1
        if isWord(text[start]) {
          while end < text.count, isWord(text[end]) { end += 1 }
        }
        word(text[start..<end])
        start = end
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Letters, digits and what else there is in names and in numbers before an exponent's sign.
  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// A pointer to a value, a tile, parts or exponentials of it is named by a letter and the node.
  private mutating func word(_ word: Slice<UnsafeBufferPointer<UInt8>>) {
    let letter = word[word.startIndex]
    guard "vtpe".utf8.contains(letter), word.count > 1 else {
      return bytes.append(contentsOf: word)
    }
    var node = 0
    for byte in word.dropFirst() {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
        return bytes.append(contentsOf: word)
      }
      node = node * 10 + Int(byte - UInt8(ascii: "0"))
    }
    let place = places[node] ?? places.count
    places[node] = place
    bytes.append(letter)
    bytes.append(contentsOf: "%\(place)".utf8)
  }
}

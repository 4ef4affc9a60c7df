/// Names of a model made into names of C: letters, digits and underscores, each used once.
struct StandaloneNames {
  private var used: Set<String> = []

  /// The longest identifier made of a name; 31 characters beyond a prefix are what C99 promises to
  /// tell apart.
  private static let longest = 48

  /// `name` as the end of an identifier, no two of the same `prefix` alike.
  mutating func identifier(_ prefix: String, _ name: String) -> String {
    let stem = prefix + StandaloneNames.word(name, otherwise: "value")
    var identifier = stem
    var number = 1
    while !used.insert(identifier).inserted {
      number += 1
      identifier = "\(stem)_\(number)"
    }
    return identifier
  }

  /// Letters and digits of `name`, everything else one underscore, never empty.
  static func word(_ name: String, otherwise: String) -> String {
    var word: [UInt8] = []
    for byte in name.utf8 where word.count < longest {
      if isPlain(byte) {
        word.append(byte)
      } else if word.last != UInt8(ascii: "_") {
        word.append(UInt8(ascii: "_"))
      }
    }
    let text = String(decoding: word, as: UTF8.self).drop { $0 == "_" }
    return text.isEmpty ? otherwise : String(text)
  }

  /// The first identifier of a file's public names: a word that does not begin with a digit.
  static func model(_ name: String) -> String {
    let word = word(name, otherwise: "model")
    return word.first?.isNumber == true ? "model_\(word)" : word
  }

  /// The text of a string constant: what needs no escape there, and no trigraphs.
  static func string(_ name: String) -> String {
    let bytes = name.utf8.prefix(200).map { byte in
      let isMark = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/")].contains(byte)
      return isPlain(byte) || isMark ? byte : UInt8(ascii: "_")
    }
    return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_")
  }
}

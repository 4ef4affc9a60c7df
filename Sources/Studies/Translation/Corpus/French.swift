/// The rules by which French words change beside each other.
package enum French {
  private static let vowels: Set<Character> = Set("aeiouâéèêîôh")

  /// Whether "le" becomes "l'" before this word; every h of the lexicon is silent.
  package static func startsWithVowel(_ word: String) -> Bool {
    word.first.map(vowels.contains) ?? false
  }

  private static let elided = [
    "le": "l'", "la": "l'", "je": "j'", "me": "m'", "ne": "n'", "de": "d'", "que": "qu'",
  ]
  private static let contracted = [
    "à le": "au", "à les": "aux", "de le": "du", "de les": "des",
  ]

  /// Words joined to a sentence: "de le marché" becomes "du marché", "le ami" becomes "l'ami".
  ///
  /// What precedes an elided article does not contract: "à le hôtel" becomes "à l'hôtel".
  package static func sentence(_ words: [String]) -> String {
    var result: [String] = []
    var index = 0
    while index < words.count {
      var word = words[index]
      let next = index + 1 < words.count ? words[index + 1] : ""
      let elides = startsWithVowel(next) && elided[word] != nil
      if elides {
        word = elided[word] ?? word
      } else if let last = result.last, let short = contracted["\(last) \(word)"] {
        result.removeLast()
        word = short
      }
      result.append(word)
      index += 1
    }
    return joined(result)
  }

  /// Words as a sentence of any language, without spaces after an apostrophe and before the period.
  static func joined(_ words: [String]) -> String {
    words.reduce("") { text, word in
      let isJoined = text.isEmpty || text.hasSuffix("'") || word == "."
      return text + (isJoined ? word : " " + word)
    }
  }
}

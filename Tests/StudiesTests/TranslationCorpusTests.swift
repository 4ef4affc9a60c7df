import Foundation
import Studies
import Testing

@Suite struct TranslationCorpusTests {
  @Test func frenchWordsJoin() {
    let sentence = { (text: String) in French.sentence(text.split(separator: " ").map(String.init))
    }
    #expect(sentence("je vais à le marché .") == "je vais au marché.")
    #expect(
      sentence("je ne aime pas les amis de le homme .") == "je n'aime pas les amis de l'homme.")
    #expect(sentence("est-ce que il vient de les parcs ?") == "est-ce qu'il vient des parcs ?")
    #expect(sentence("nous allons à la école .") == "nous allons à l'école.")
  }

  @Test func generatedSentencesKeepTheRules() {
    let pairs = GeneratedCorpus.pairs(3000, seed: 1)
    #expect(pairs == GeneratedCorpus.pairs(3000, seed: 1))
    #expect(pairs != GeneratedCorpus.pairs(3000, seed: 2))
    #expect(Set(pairs.map(\.english)).count == 3000)
    let elidable: Set = ["le", "la", "je", "me", "ne", "de", "que"]
    let uncontracted: Set = ["à le", "à les", "de le", "de les"]
    var found: Set<String> = []
    for pair in pairs {
      let words = PairFile.words(pair.french)
      for (first, second) in zip(words, words.dropFirst()) {
        let isOpen = elidable.contains(first) && French.startsWithVowel(second)
        #expect(!isOpen && !uncontracted.contains("\(first) \(second)"), "\(pair)")
      }
      found.formUnion(words)
    }
    // Everything that the study looks at occurs.
    #expect(
      found.isSuperset(of: ["au", "aux", "du", "pas", "n'", "l'", "qu'", "souvent", "belle", "bel"])
    )
  }

  @Test func wordsOfASentence() {
    #expect(
      PairFile.words("Est-ce que l’école\u{202f}? Don't!")
        == ["est-ce", "que", "l'", "école", "?", "don'", "t", "!"])
    #expect(PairFile.words(" \t").isEmpty)
  }

  @Test func pairFiles() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "pairs-\(UUID()).tsv").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    func read(_ text: String) throws -> Int {
      try Data(text.utf8).write(to: URL(filePath: path))
      return try PairFile.read(path, longest: 4).count
    }
    let lines = (0..<120).map { "go \($0)\tva \($0)\tCC-BY\n" }.joined()
    // Blank lines and sentences that are too long are passed over, Windows' line ends too.
    let more = "\r\none two three four five\tun\r\n"
    #expect(try read(lines + more) == 120)
    func message(_ text: String) -> String {
      do { return "\(try read(text))" } catch { return "\(error)" }
    }
    #expect(
      message(lines + "go va\n")
        == "\(path): line 121 has no tab; a line must be ENGLISH<tab>FRENCH")
    #expect(message("go\tva\n").hasPrefix("\(path): has 1 usable pairs"))
    #expect(message("").contains("at least 100 different English sentences"))
    let missing = #expect(throws: (any Error).self) { try PairFile.read(path + "?", longest: 4) }
    #expect("\(missing!)".contains("cannot be read"))
  }

  @Test func bleuOfCorpora() {
    let words = { (text: String) in text.split(separator: " ").map(String.init) }
    let reference = [[words("the cat is on the red mat")]]
    #expect(abs(bleu([words("the cat is on the red mat")], reference) - 100) < 1e-9)
    #expect(bleu([words("a dog")], reference) == 0)
    // One word of seven is wrong: 6/7, 4/6, 2/5 and 1/4 of the n-grams are right.
    let expected = 100 * pow(6.0 / 7 * 4 / 6 * 2 / 5 / 4, 0.25)
    #expect(abs(bleu([words("the cat is on a red mat")], reference) - expected) < 1e-9)
    // All n-grams are right, but two of seven words are missing.
    #expect(abs(bleu([words("the cat is on the")], reference) - 100 * exp(1 - 7.0 / 5)) < 1e-9)
    // A word counts as often as the reference has it; of references the closest length counts.
    let two = [[words("the cat is on the red mat"), words("the cat is on the mat")]]
    #expect(abs(bleu([words("the cat is on the mat")], two) - 100) < 1e-9)
    let repeated = bleu([words("the the the the cat is on the red mat")], reference)
    #expect(repeated < 80 && repeated > 0)
  }
}

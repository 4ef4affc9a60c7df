import Foundation
import Runtime

/// Sentence pairs of a text file, a line each: English, tab, French; further columns are ignored.
package enum PairFile {
  /// As many pairs as a study has time for.
  static let limit = 20_000

  /// The pairs whose sentences have at most so many words, evenly chosen where there are too many.
  ///
  /// Errors: `DataError` for a file that cannot be read; `StudyError` with the line that has no
  /// tab, or where too few pairs are left.
  package static func read(_ path: String, longest: Int) throws -> [SentencePair] {
    let text = String(decoding: try WholeFile.read(path), as: UTF8.self)
    var pairs: [SentencePair] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      if line.allSatisfy(\.isWhitespace) { continue }
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count > 1 else {
        throw StudyError(
          "\(path): line \(number + 1) has no tab; a line must be ENGLISH<tab>FRENCH")
      }
      let pair = SentencePair(english: String(columns[0]), french: String(columns[1]))
      let lengths = [pair.english, pair.french].map { words($0).count }
      if lengths.allSatisfy({ (1...longest).contains($0) }) { pairs.append(pair) }
    }
    guard Set(pairs.map(\.english)).count >= 100 else {
      throw StudyError(
        "\(path): has \(pairs.count) usable pairs (at most \(longest) words a sentence); at least "
          + "100 different English sentences are needed")
    }
    let count = min(limit, pairs.count)
    return (0..<count).map { pairs[$0 * pairs.count / count] }
  }

  /// The words of a sentence in small letters; punctuation is a word, and a word ends with its
  /// apostrophe: "l'école" is "l'" and "école".
  package static func words(_ sentence: String) -> [String] {
    var words: [String] = []
    var word = ""
    func finish() {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    for character in sentence.lowercased() {
      if character.isLetter || character.isNumber || character == "-" {
        word.append(character)
      } else if character == "'" || character == "’" {
        word.append("'")
        finish()
      } else {
        finish()
        if !character.isWhitespace { words.append(String(character)) }
      }
    }
    finish()
    return words
  }
}

import GraphIR

/// The words of a language and their numbers.
struct Vocabulary {
  /// Fills sentences up to one length.
  static let padding = 0
  static let start = 1
  static let end = 2
  /// Stands for every word that is not in the vocabulary.
  static let unknown = 3
  private static let special = ["", "(start)", "(end)", "(unknown)"]

  let words: [String]
  private let numbers: [String: Int]

  /// The most frequent words of the sentences, at most so many; of rare ones nothing can be learnt,
  /// and a word seen once can teach how to use unknown ones.
  init(_ sentences: [[String]], limit: Int, leastCount: Int) {
    var counts: [String: Int] = [:]
    for word in sentences.joined() { counts[word, default: 0] += 1 }
    let known = counts.filter { $0.value >= leastCount }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map(\.key)
    words = Vocabulary.special + known
    numbers = Dictionary(uniqueKeysWithValues: zip(words, words.indices))
  }

  var count: Int { words.count }

  func number(_ word: String) -> Int { numbers[word] ?? Vocabulary.unknown }

  /// Sentences as rows of numbers, i64 [sentences, length], filled up with padding.
  func encode(_ sentences: [[String]], length: Int, isTarget: Bool) -> Tensor {
    var values: [Int64] = []
    for sentence in sentences {
      var row = sentence.map(number)
      if isTarget { row = [Vocabulary.start] + row + [Vocabulary.end] }
      row += Array(repeating: Vocabulary.padding, count: max(0, length - row.count))
      values += row.prefix(length).map(Int64.init)
    }
    return Tensor(values, shape: [sentences.count, length])
  }

  /// The sentences of rows that begin with the start, each up to its end.
  func decode(_ rows: Tensor) -> [[String]] {
    let numbers: [Int64] = rows.values()
    return (0..<rows.shape[0]).map { row in
      let first = row * rows.shape[1]
      return numbers[first..<first + rows.shape[1]].dropFirst()
        .prefix { $0 != Vocabulary.end && $0 != Vocabulary.padding }.map { words[Int($0)] }
    }
  }
}

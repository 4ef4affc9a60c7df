import Foundation
import Runtime

/// The attention weights of one translated sentence, without the padding.
struct AttentionMap {
  let english: [String]
  /// What was translated, and the end.
  let french: [String]
  /// A row for each of `french`, a weight for each of `english`.
  let weights: [[Double]]

  /// `weights` are those of the filled-up sentence, row by row.
  init(english: [String], french: [String], weights: ArraySlice<Double>, columns: Int) {
    self.english = english
    // A sentence that fills all places has no end.
    let rows = min(french.count + 1, weights.count / columns)
    self.french = Array((french + ["(end)"]).prefix(rows))
    self.weights = (0..<rows).map { row in
      let first = weights.startIndex + row * columns
      return Array(weights[first..<first + min(columns, english.count)])
    }
  }

  func chart(title: String) -> MatrixChart {
    MatrixChart(title: title, rows: french, columns: english, values: weights)
  }

  /// Number of the English word that gets the largest weight in a row.
  func focus(_ row: Int) -> Int {
    weights[row].indices.max { weights[row][$0] < weights[row][$1] } ?? 0
  }

  /// The rows where a word of one class is followed by one of the other.
  func places(_ first: WordClass, _ second: WordClass) -> [Int] {
    french.indices.dropLast().filter {
      WordClass(french[$0]) == first && WordClass(french[$0 + 1]) == second
    }
  }
}

/// What can be counted of a row of an attention map.
struct AttentionRow {
  let kind: WordClass
  let sum: Double
  let largest: Double
  /// The exponential of the entropy: of equal weights their number.
  let wordsLookedAt: Double
  /// Pixels of a picture with 256 grays that are white.
  let white: Int
  /// Pixels that are not black.
  let lit: Int

  init(_ word: String, _ weights: [Double]) {
    kind = WordClass(word)
    sum = weights.reduce(0, +)
    largest = weights.max() ?? 0
    let entropy = weights.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
    wordsLookedAt = exp(entropy)
    let grays = weights.map { MatrixChart.gray($0) ?? 0 }
    white = grays.filter { $0 == 255 }.count
    lit = grays.filter { $0 > 0 }.count
  }
}

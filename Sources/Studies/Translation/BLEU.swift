import Foundation

/// Papineni et al. 2002: how much a translation has in common with references, 0 to 100.
///
/// Of the whole corpus: the geometric mean of the shares of its 1- to 4-grams that are in a
/// reference, each counted at most as often as there, times a penalty for being short.
package func bleu(_ candidates: [[String]], _ references: [[[String]]]) -> Double {
  var matches = [0, 0, 0, 0]
  var totals = [0, 0, 0, 0]
  var (length, referenceLength) = (0, 0)
  for (candidate, references) in zip(candidates, references) {
    length += candidate.count
    // The reference whose length is closest, the shorter one of two.
    let lengths = references.map(\.count).sorted()
    referenceLength += lengths.min { abs($0 - candidate.count) < abs($1 - candidate.count) } ?? 0
    for size in 1...4 {
      let most = references.map { grams($0, size) }.reduce(into: [:]) { most, counts in
        most.merge(counts) { max($0, $1) }
      }
      for (gram, count) in grams(candidate, size) {
        matches[size - 1] += min(count, most[gram] ?? 0)
        totals[size - 1] += count
      }
    }
  }
  guard matches.allSatisfy({ $0 > 0 }) else { return 0 }
  let logarithms = zip(matches, totals).map { log(Double($0) / Double($1)) }
  let penalty = min(0, 1 - Double(referenceLength) / Double(length))
  return 100 * exp(logarithms.reduce(0, +) / 4 + penalty)
}

private func grams(_ words: [String], _ size: Int) -> [[String]: Int] {
  guard words.count >= size else { return [:] }
  return (0...words.count - size).reduce(into: [:]) { counts, start in
    counts[Array(words[start..<start + size]), default: 0] += 1
  }
}

/// What was probably meant by a name that does not exist.
public enum NearestName {
  /// The candidate with the fewest edits from `name`, if a third of the name or less is wrong.
  public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(name.utf8)
    guard !letters.isEmpty, letters.count <= longest else { return nil }
    var best: (name: String, edits: Int)?
    for candidate in candidates where candidate.utf8.count <= longest {
      let edits = edits(letters, Array(candidate.utf8))
      if edits < best?.edits ?? .max { best = (candidate, edits) }
    }
    guard let best, best.edits <= max(1, (letters.count + 1) / 3) else { return nil }
    return best.name
  }

  /// `, did you mean 'NAME'?` or nothing.
  static func question(_ name: String, among candidates: some Sequence<String>) -> String {
    of(name, among: candidates).map { ", did you mean '\($0)'?" } ?? ""
  }

  /// No name is longer; keeps the cost of a suggestion small whatever is given.
  private static let longest = 64

  /// The fewest insertions, removals, replacements and swaps of neighbours (optimal string
  /// alignment) from `a` to `b`.
  private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var above = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let replaced = above[j] + (a[i] == b[j] ? 0 : 1)
        var cost = min(replaced, above[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      before = above
      above = row
    }
    return above[b.count]
  }
}

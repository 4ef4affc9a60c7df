import Runtime

extension Translation {
  /// Whether translations are good, beyond what chance of the seeds explains.
  public static func judgeBLEU(_ bleu: Spread, of data: String) -> Judgement {
    Judgement(
      claim: """
        An encoder-decoder with cross-attention learns to translate sentences of \(data) that it \
        has not seen: BLEU of 90 and more
        """,
      measured: "BLEU \(bleu)",
      verdict: bleu.mean - 2 * bleu.standardError >= 90 ? .holds : .doesNotHold)
  }

  /// Rows of attention maps of one kind.
  public struct RowCount: Hashable, Sendable {
    public let kind: String
    public let rows: Int
    /// Rows that have a white pixel.
    public let white: Int
    /// Rows that have a white pixel and another one that is not black.
    public let shared: Int
    /// Rows with a weight of 0.9 and more, which the eye takes for white.
    public let bright: Int

    public init(kind: String, rows: Int, white: Int, shared: Int, bright: Int) {
      (self.kind, self.rows) = (kind, rows)
      (self.white, self.shared, self.bright) = (white, shared, bright)
    }

    var share: Double { rows == 0 ? 0 : Double(white) / Double(rows) }
  }

  /// Whether a white pixel leaves the rest of its row black.
  public static func judgeSum(_ counts: [RowCount], deviation: Double) -> Judgement {
    let white = counts.reduce(0) { $0 + $1.white }
    let shared = counts.reduce(0) { $0 + $1.shared }
    return Judgement(
      claim: """
        The weights of a row sum to 1, so that a row with a white pixel (weight 1) has no other \
        that is not black
        """,
      measured: """
        sums differ from 1 by \(figure(deviation)) at most; of \(white) rows with a white pixel \
        \(shared) have another that is not black
        """,
      verdict: deviation < 1e-4 && shared == 0 ? .holds : .doesNotHold)
  }

  /// Whether every row has its white pixel, or which ones have.
  public static func judgeWhite(_ counts: [RowCount]) -> Judgement {
    let rows = counts.reduce(0) { $0 + $1.rows }
    let white = counts.reduce(0) { $0 + $1.white }
    let sorted = counts.filter { $0.rows >= 20 }.sorted { $0.share > $1.share }
    let often = sorted.filter { $0.share >= 0.5 }.map { "\($0.kind) (\(percent($0.share)))" }
    let bright = counts.reduce(0) { $0 + $1.bright }
    var measured =
      "\(white) of \(rows) rows have a white pixel, \(bright) one of weight 0.9 and more"
    if let first = sorted.first, let last = sorted.last, sorted.count > 1 {
      measured +=
        "; most often \(first.kind), \(percent(first.share)), most rarely \(last.kind), "
        + percent(last.share)
    }
    let verdict: Verdict =
      white == rows
      ? .holds
      : often.isEmpty
        ? .doesNotHold : .holdsOnly(when: "for most rows of \(often.joined(separator: ", "))")
    return Judgement(
      claim: "In an attention map each row has one white pixel", measured: measured,
      verdict: verdict)
  }

  /// Whether a word that stands for two is made from more words than others are.
  public static func judgeContraction(_ contracted: Spread, _ others: Spread) -> Judgement {
    Judgement(
      claim: """
        A contraction, such as "au" for "to the", looks at more words than others do: its row has \
        several pixels that are not black
        """,
      measured: """
        words looked at (exponential of the entropy): \(contracted) by contractions, \(others) by \
        other words
        """,
      verdict: contracted.isAbove(others, margin: 0.1) ? .holds : .doesNotHold)
  }

  /// Whether attention goes back where the order of words is turned around, and only there.
  public static func judgeOrder(turned: Spread, straight: Spread) -> Judgement {
    let goesBack = turned.mean >= 0.5 && turned.isAbove(straight, margin: 0.25)
    return Judgement(
      claim: """
        Where French turns the order around ("red car", "voiture rouge"), the map leaves the \
        diagonal: attention goes back from noun to adjective
        """,
      measured: """
        it goes back in \(turned) of the places where the adjective follows its noun, and in \
        \(straight) of those where it comes first
        """,
      verdict: goesBack ? .holds : .doesNotHold)
  }

  static func percent(_ share: Double) -> String { "\(figure(share * 100)) %" }
}

import Runtime

extension Translation {
  func describe(in report: inout StudyReport) {
    let rows = maps.map { maps in
      maps.flatMap { map in zip(map.french, map.weights).map { AttentionRow($0, $1) } }
    }
    let counts = WordClass.allCases.map { kind in
      let rows = rows.joined().filter { $0.kind == kind }
      return RowCount(
        kind: kind.rawValue, rows: rows.count, white: rows.filter { $0.white > 0 }.count,
        shared: rows.filter { $0.white > 0 && $0.lit > 1 }.count,
        bright: rows.filter { $0.largest >= 0.9 }.count)
    }
    let deviation = rows.joined().map { abs($0.sum - 1) }.max() ?? 0
    report.judge(Translation.judgeBLEU(Spread(bleus), of: corpus.name))
    report.judge(Translation.judgeWhite(counts))
    report.judge(Translation.judgeSum(counts, deviation: deviation))
    judgeWords(rows, in: &report)
    report.value("bleu", Spread(bleus))
    report.value("train_pairs", Double(corpus.trainPairs))
    report.value("held_out_sentences", Double(corpus.held.count))
    report.value("rows", Double(counts.reduce(0) { $0 + $1.rows }))
    report.value("white_rows", Double(counts.reduce(0) { $0 + $1.white }))
    report.value("largest_deviation_of_sums", deviation)

    report.heading("Attention maps")
    report.text(
      """
      Each row is a French word, as the model chose it; the grays are how much it looked at each \
      English word while it did: black is 0, white is 1.
      """)
    for (name, map, caption) in pictures() {
      report.svg(
        name, map.chart(title: "\"\(map.english.joined(separator: " "))\"").svg(), caption: caption)
    }
    describeClasses(rows.flatMap { $0 }, in: &report)
    describeSentences(in: &report)
  }

  /// Contractions and order, where the sentences have enough of them to say something.
  private func judgeWords(_ rows: [[AttentionRow]], in report: inout StudyReport) {
    let looks = rows.map { rows in
      [true, false].map { isContraction in
        let those = rows.filter { ($0.kind == .contraction) == isContraction }
        return Spread(those.map(\.wordsLookedAt))
      }
    }
    if looks.allSatisfy({ $0[0].values.count >= 20 }) {
      let contracted = Spread(looks.map(\.[0].mean))
      let others = Spread(looks.map(\.[1].mean))
      report.judge(Translation.judgeContraction(contracted, others))
      report.value("words_looked_at.contraction", contracted)
      report.value("words_looked_at.other", others)
    }
    let (turned, straight) = (
      maps.map { returns($0, .noun, .adjectiveAfter) },
      maps.map { returns($0, .adjectiveBefore, .noun) }
    )
    guard (turned + straight).allSatisfy({ $0.values.count >= 20 }) else { return }
    let (back, forth) = (Spread(turned.map(\.mean)), Spread(straight.map(\.mean)))
    report.judge(Translation.judgeOrder(turned: back, straight: forth))
    report.value("goes_back.adjective_after", back)
    report.value("goes_back.adjective_before", forth)
  }

  /// For each place with words of these classes, 1 where attention goes back and 0 elsewhere.
  private func returns(_ maps: [AttentionMap], _ first: WordClass, _ second: WordClass) -> Spread {
    Spread(
      maps.flatMap { map in
        map.places(first, second).map { map.focus($0 + 1) < map.focus($0) ? 1 : 0 }
      })
  }

  /// Maps of the first seed that show something, of right translations where there are any.
  private func pictures() -> [(name: String, map: AttentionMap, caption: String)] {
    let kinds: [(String, String, (AttentionMap) -> Bool)] = [
      (
        "order", "An adjective that follows its noun.",
        { !$0.places(.noun, .adjectiveAfter).isEmpty }
      ),
      (
        "contraction", "A contraction: au, aux or du.",
        { $0.french.contains { WordClass($0) == .contraction } }
      ),
      ("negation", "A negation: English needs an auxiliary.", { $0.french.contains("pas") }),
      ("any", "The first held-out sentence.", { _ in true }),
    ]
    let candidates = zip(maps[0], zip(corpus.held, translations)).map { map, pair in
      (map: map, isRight: pair.0.french.contains(pair.1))
    }
    var shown: Set<[String]> = []
    return kinds.compactMap { name, caption, isShowing in
      let fitting = candidates.filter { isShowing($0.map) && !shown.contains($0.map.english) }
      let right = fitting.filter(\.isRight)
      // Neither the shortest nor one that fills the screen.
      let handy = right.first { (7...11).contains($0.map.english.count) }
      guard let chosen = handy ?? right.first ?? fitting.first else { return nil }
      shown.insert(chosen.map.english)
      let state = chosen.isRight ? "" : " This translation is wrong."
      return (name, chosen.map, caption + state)
    }
  }

  private func describeClasses(_ rows: [AttentionRow], in report: inout StudyReport) {
    let lines: [[String]] = WordClass.allCases.compactMap { kind in
      let those = rows.filter { $0.kind == kind }
      guard !those.isEmpty else { return nil }
      let white = those.filter { $0.white > 0 }.count
      return [
        kind.rawValue, "\(those.count)", Translation.percent(Double(white) / Double(those.count)),
        figure(Spread(those.map(\.largest)).mean),
        figure(Spread(those.map { Double($0.lit) }).mean),
        figure(Spread(those.map(\.wordsLookedAt)).mean),
      ]
    }
    report.table(
      "words",
      [
        "French word", "rows", "with a white pixel", "largest weight", "pixels not black",
        "words looked at",
      ], lines,
      caption: """
        Means over the rows of all held-out sentences and seeds. Words looked at: the exponential \
        of the entropy.
        """)
  }

  private func describeSentences(in report: inout StudyReport) {
    let all = zip(corpus.held, translations).map { held, found in
      (held, found, isRight: held.french.contains(found))
    }
    let wrong = all.filter { !$0.isRight }
    let right = all.filter(\.isRight)
    report.value("right", Double(right.count) / Double(max(1, all.count)))
    let rows = (wrong.prefix(8) + right.prefix(8)).map { held, found, isRight in
      [held.english, held.french.first ?? [], found].map { $0.joined(separator: " ") }
        + [isRight ? "yes" : "no"]
    }
    report.table(
      "translations", ["English", "French", "translation", "right"], rows,
      caption: """
        Held-out sentences, wrong ones first; of the first seed \(right.count) of \(all.count) are \
        right to the letter.
        """)
  }
}

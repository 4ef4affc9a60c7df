import GraphIR
import Models
import Runtime

extension Study {
  static let translation = Study(
    name: "translation", title: "What does attention look at when it translates?",
    claim: """
      An encoder-decoder with cross-attention learns to translate, and its attention map shows one \
      white pixel a row: the word that is being translated.
      """
  ) { context in
    let corpus = try TranslationCorpus(context)
    var study = Translation(corpus: corpus)
    for seed in context.seeds(3) {
      context.note("translation, seed \(seed)")
      try study.measure(context, seed: seed)
      try context.checkInterruption()
    }
    study.describe(in: &context.report)
    context.report.heading("The C of the map")
    context.report.text(
      """
      What dlc makes of the attention that the pictures show, for one sentence; the values of \
      decoder and encoder come in as q, k and v.
      """)
    context.report.code(try corpus.model.attentionSource())
  }
}

/// Sentence pairs split so that no held-out English sentence occurs in training.
struct TranslationCorpus {
  /// What judgements call it.
  let name: String
  let train: Dataset
  /// Held-out sentences, with all their translations.
  let held: [(english: [String], french: [[String]])]
  let heldRows: Dataset
  let english: Vocabulary
  let french: Vocabulary
  let model: Translator
  let trainPairs: Int

  init(_ context: StudyContext) throws {
    let data = context.options.data
    name = data ?? "a small grammar"
    let all =
      try data.map { try PairFile.read($0, longest: 20) }
      ?? GeneratedCorpus.pairs(context.pick(6000, quick: 2000))
    var groups: [[String]: [[String]]] = [:]
    for pair in all {
      let translation = PairFile.words(pair.french)
      groups[PairFile.words(pair.english), default: []].append(translation)
    }
    var sentences = groups.keys.sorted { $0.lexicographicallyPrecedes($1) }
    var random = SeededRandom(seed: 0)
    random.shuffle(&sentences)
    let heldCount = min(500, sentences.count / 10)
    held = sentences.prefix(heldCount).map { ($0, groups[$0] ?? []) }
    let pairs = sentences.dropFirst(heldCount).flatMap { english in
      (groups[english] ?? []).map { (english, $0) }
    }
    trainPairs = pairs.count
    let least = data == nil ? 1 : 2
    english = Vocabulary(pairs.map(\.0), limit: 4000, leastCount: least)
    french = Vocabulary(pairs.map(\.1), limit: 4000, leastCount: least)
    model = Translator(
      english: english.count, french: french.count,
      englishLength: groups.keys.map(\.count).max() ?? 1,
      frenchLength: (groups.values.joined().map(\.count).max() ?? 1) + 2)
    let source = data ?? "generated"
    let en = english.encode(pairs.map(\.0), length: model.englishLength, isTarget: false)
    let fr = french.encode(pairs.map(\.1), length: model.frenchLength, isTarget: true)
    train = try Dataset(arrays: [("en", en), ("fr", fr)], source: source)
    let rows = english.encode(held.map(\.english), length: model.englishLength, isTarget: false)
    heldRows = try Dataset(arrays: [("en", rows)], source: source)
  }
}

/// Translations and attention maps of several trainings.
public struct Translation {
  let corpus: TranslationCorpus
  /// One entry a seed.
  private(set) var bleus: [Double] = []
  private(set) var maps: [[AttentionMap]] = []
  /// Of the first seed.
  private(set) var translations: [[String]] = []

  init(corpus: TranslationCorpus) { self.corpus = corpus }

  mutating func measure(_ context: StudyContext, seed: Int) throws {
    let model = corpus.model
    let epochs = context.epochs(12, quick: 10)
    let steps = epochs * ((corpus.train.count + 63) / 64)
    let trainer = try context.train(
      "translator", on: corpus.train, batch: 64, length: .epochs(epochs),
      optimizer: .adam(learningRate: 3e-3),
      schedule: .warmUp(
        steps: max(1, steps / 20), then: .cosine(steps: max(1, steps), minimum: 0)),
      seed: seed
    ) { rows in
      try model.graph(rows: rows)
    } observe: { event in
      if case .epoch(let report) = event {
        context.note("  epoch \(report.epoch): loss \(figure(report.loss))")
      }
    }
    let chosen = try trainer.predict("translation", of: corpus.heldRows)
    let weights = try trainer.predict("attention", of: corpus.heldRows).doubles
    let found = corpus.french.decode(chosen)
    let size = (model.frenchLength - 1) * model.englishLength
    maps.append(
      zip(corpus.held, found).enumerated().map { row, pair in
        AttentionMap(
          english: pair.0.english, french: pair.1, weights: weights[row * size..<(row + 1) * size],
          columns: model.englishLength)
      })
    bleus.append(bleu(found, corpus.held.map(\.french)))
    if translations.isEmpty { translations = found }
  }
}

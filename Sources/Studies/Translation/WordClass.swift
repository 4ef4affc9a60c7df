/// Kinds of French words, as far as the generated corpus tells them.
enum WordClass: String, CaseIterable {
  case contraction = "contraction (au, aux, du)"
  case article
  case noun
  case adjectiveBefore = "adjective before its noun"
  case adjectiveAfter = "adjective after its noun"
  case pronoun
  case verb
  case adverb
  case negation = "negation (ne, n', pas)"
  case preposition
  case question = "est-ce que"
  case end = "period, question mark, end"
  case other = "other word"

  /// "Le", "la" and "les" count as articles, though they may be pronouns; "des" may be a
  /// contraction and a plural of "un", and counts as the latter.
  init(_ word: String) { self = WordClass.table[word] ?? .other }

  private static let table: [String: WordClass] = {
    var table: [String: WordClass] = [:]
    func add(_ words: [String], _ kind: WordClass) {
      for word in words where table[word] == nil { table[word] = kind }
    }
    func add(_ words: String, _ kind: WordClass) {
      add(words.split(separator: " ").map(String.init), kind)
    }
    add("au aux du", .contraction)
    add("le la les l' un une des ce cet cette ces mon ma mes son sa ses", .article)
    add("notre nos leur leurs", .article)
    add("je j' vous il elle nous ils me m'", .pronoun)
    add("ne n' pas", .negation)
    add("à de d' dans", .preposition)
    add("est-ce que qu'", .question)
    add("souvent toujours", .adverb)
    add(". ? (end)", .end)
    let nouns = Lexicon.people + Lexicon.things + Lexicon.places
    add(nouns.flatMap(\.french), .noun)
    for adjective in Lexicon.adjectives {
      let kind = adjective.isBeforeNoun ? WordClass.adjectiveBefore : .adjectiveAfter
      add(adjective.french + [adjective.beforeVowel], kind)
    }
    let verbs = [Lexicon.be, Lexicon.go, Lexicon.come, Lexicon.speak]
    add((verbs + Lexicon.transitive + Lexicon.intransitive).flatMap(\.french), .verb)
    return table
  }()
}

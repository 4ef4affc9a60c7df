/// Sentences of a small grammar in English and French: agreement, the place of adjectives,
/// pronouns and adverbs, negation, elision and contraction.
///
/// The French of a sentence follows from its English, so that a perfect translation exists.
package struct GeneratedCorpus {
  private var random: SeededRandom

  init(seed: Int) { random = SeededRandom(seed: seed) }

  /// Longer sentences are few, and would make all others wait: they are filled up to one length.
  private static let longest = 12

  /// Different sentences, in an order that the seed alone decides.
  package static func pairs(_ count: Int, seed: Int = 1) -> [SentencePair] {
    var corpus = GeneratedCorpus(seed: seed)
    var seen: Set<String> = []
    var pairs: [SentencePair] = []
    while pairs.count < count {
      let pair = corpus.sentence()
      let isShort = PairFile.words(pair.english).count <= longest
      if isShort, seen.insert(pair.english).inserted { pairs.append(pair) }
    }
    return pairs
  }

  private mutating func sentence() -> SentencePair {
    let subject = random.chance(percent: 40) ? random.pick(NounPhrase.pronouns) : person()
    let isNegated = random.chance(percent: 30)
    let isQuestion = !isNegated && random.chance(percent: 15)
    var clause = Clause(subject: subject, isNegated: isNegated, isQuestion: isQuestion)
    switch random.index(below: 100) {
    case ..<35: addObject(&clause)
    case ..<50: addObjectPronoun(&clause)
    case ..<62: addState(&clause)
    case ..<88: addPlace(&clause)
    default:
      clause.verb = random.pick(Lexicon.intransitive)
      addAdverb(&clause, percent: 50)
      if random.chance(percent: 60) {
        let place = place()
        clause.add(["in"] + place.english, ["dans"] + place.french)
      }
    }
    return clause.pair
  }

  private mutating func adjectives(_ percent: Int) -> [Lexicon.Adjective] {
    guard random.chance(percent: percent) else { return [] }
    let first = random.pick(Lexicon.adjectives)
    let second = random.pick(Lexicon.adjectives)
    let areTwo = first.isBeforeNoun != second.isBeforeNoun && random.chance(percent: 50)
    return areTwo ? [first, second] : [first]
  }

  private mutating func phrase(
    _ nouns: [Lexicon.Noun], _ percent: Int, isNegated: Bool = false
  ) -> NounPhrase {
    let isDefinite = random.chance(percent: 40)
    return NounPhrase(
      random.pick(nouns), isDefinite ? .the : random.pick(NounPhrase.Article.allCases),
      adjectives: adjectives(percent), isPlural: random.chance(percent: 35), isNegated: isNegated)
  }

  private mutating func person() -> NounPhrase { phrase(Lexicon.people, 40) }

  /// With "the" for the most part, so that contractions are frequent.
  private mutating func place() -> NounPhrase {
    NounPhrase(
      random.pick(Lexicon.places), random.chance(percent: 75) ? .the : .our,
      adjectives: adjectives(20), isPlural: random.chance(percent: 20))
  }

  private mutating func addAdverb(_ clause: inout Clause, percent: Int) {
    guard random.chance(percent: percent) else { return }
    clause.adverb = random.pick([("often", "souvent"), ("always", "toujours")])
  }

  private mutating func addObject(_ clause: inout Clause) {
    clause.verb = random.pick(Lexicon.transitive)
    addAdverb(&clause, percent: 20)
    let nouns = random.chance(percent: 70) ? Lexicon.things : Lexicon.people
    var object = phrase(nouns, 60, isNegated: clause.isNegated)
    if random.chance(percent: 15) {
      let owner = person()
      object.english += ["of"] + owner.english
      object.french += ["de"] + owner.french
    }
    clause.add(object.english, object.french)
  }

  private mutating func addObjectPronoun(_ clause: inout Clause) {
    clause.verb = random.pick(Lexicon.transitive)
    addAdverb(&clause, percent: 20)
    let person = clause.subject.person
    let pronouns: [(Lexicon.Person?, String, String)] = [
      (.i, "me", "me"), (.you, "you", "vous"), (nil, "him", "le"), (nil, "her", "la"),
      (.we, "us", "nous"), (nil, "them", "les"),
    ]
    let first: [Lexicon.Person?] = [.i, .we]
    let others = pronouns.filter { entry in
      // "I see us" is nobody's sentence.
      entry.0 == nil || entry.0 != person && !(first.contains(person) && first.contains(entry.0))
    }
    let pronoun = random.pick(others)
    clause.english.append(pronoun.1)
    clause.frenchPronoun = [pronoun.2]
  }

  private mutating func addState(_ clause: inout Clause) {
    // An adjective tells of "I" and "you" whether they are women, which English does not.
    if [.i, .you, .we].contains(clause.subject.person) { clause.subject = person() }
    clause.verb = Lexicon.be
    let adjective = random.pick(Lexicon.adjectives)
    clause.add([adjective.english], [clause.subject.french(adjective)])
  }

  private mutating func addPlace(_ clause: inout Clause) {
    let verbs = [(Lexicon.go, "to", "à"), (Lexicon.come, "from", "de"), (Lexicon.speak, "to", "à")]
    let (verb, english, french) = random.pick(verbs)
    clause.verb = verb
    addAdverb(&clause, percent: 15)
    let isSpeaking = verb.english == "speak"
    let goal = isSpeaking ? person() : place()
    clause.add([english] + goal.english, [french] + goal.french)
  }
}

/// Subject, verb and what follows, put in the order of each language.
struct Clause {
  var subject: NounPhrase
  let isNegated: Bool
  let isQuestion: Bool
  var verb = Lexicon.be
  var adverb: (english: String, french: String)?
  /// What follows the verb.
  var english: [String] = []
  private var french: [String] = []
  /// An object that French puts before the verb.
  var frenchPronoun: [String] = []

  init(subject: NounPhrase, isNegated: Bool, isQuestion: Bool) {
    (self.subject, self.isNegated, self.isQuestion) = (subject, isNegated, isQuestion)
  }

  mutating func add(_ english: [String], _ french: [String]) {
    self.english += english
    self.french += french
  }

  var pair: SentencePair {
    let end = isQuestion ? "?" : "."
    let question = isQuestion ? ["est-ce", "que"] : []
    let negation = isNegated ? (["ne"], ["pas"]) : ([], [])
    let predicate =
      negation.0 + frenchPronoun + [subject.french(verb)] + negation.1
      + (adverb.map { [$0.french] } ?? [])
    return SentencePair(
      english: French.joined(englishWords + [end]),
      french: French.sentence(question + subject.french + predicate + french + [end]))
  }

  private var englishWords: [String] {
    let adverb = adverb.map { [$0.english] } ?? []
    if verb.english == Lexicon.be.english {
      let verb = [subject.isThird ? verb.englishThird : verb.english]
      if isQuestion { return verb + subject.english + english }
      return subject.english + verb + (isNegated ? ["not"] : []) + english
    }
    let helper = subject.isThird ? "does" : "do"
    if isQuestion { return [helper] + subject.english + adverb + [verb.english] + english }
    if isNegated { return subject.english + [helper, "not"] + adverb + [verb.english] + english }
    return subject.english + adverb + [subject.isThird ? verb.englishThird : verb.english] + english
  }
}

/// A sentence in two languages.
package struct SentencePair: Hashable, Sendable {
  package let english: String
  package let french: String
}

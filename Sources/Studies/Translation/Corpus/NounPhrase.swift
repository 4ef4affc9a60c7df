/// A noun with article and adjectives, or a pronoun, in both languages.
struct NounPhrase {
  var english: [String]
  var french: [String]
  let person: Lexicon.Person
  let isFeminine: Bool

  var isPlural: Bool { person == .they || person == .we }
  /// Which form of an English verb goes with it.
  var isThird: Bool { person == .he }

  /// A verb as this subject has it.
  func french(_ verb: Lexicon.Verb) -> String { verb.french[person.rawValue] }

  /// An adjective that agrees with it.
  func french(_ adjective: Lexicon.Adjective) -> String {
    adjective.french[(isFeminine ? 1 : 0) + (isPlural ? 2 : 0)]
  }

  /// What may stand before a noun. In French a negated "a" or "some" becomes "de".
  enum Article: CaseIterable { case the, a, this, my, his, our, their }

  /// Article, at most one adjective a side, and the noun: "the small black cats".
  init(
    _ noun: Lexicon.Noun, _ article: Article, adjectives: [Lexicon.Adjective], isPlural: Bool,
    isNegated: Bool = false
  ) {
    let number = isPlural ? 1 : 0
    let form = (noun.isFeminine ? 1 : 0) + 2 * number
    let before = adjectives.filter(\.isBeforeNoun)
    let after = adjectives.filter { !$0.isBeforeNoun }
    var french = [noun.french[number]]
    for adjective in before {
      let isVowelForm = form == 0 && French.startsWithVowel(french[0])
      french.insert(isVowelForm ? adjective.beforeVowel : adjective.french[form], at: 0)
    }
    let word = NounPhrase.french(
      article, form: form, next: french[0], hasAdjective: !before.isEmpty, isNegated: isNegated)
    self.french = [word] + french + after.map { $0.french[form] }
    let first = (before + after).first?.english ?? noun.english[number]
    english =
      [NounPhrase.english(article, isPlural: isPlural, next: first)]
      + (before + after).map(\.english) + [noun.english[number]]
    person = isPlural ? .they : .he
    isFeminine = noun.isFeminine
  }

  /// A pronoun as a subject.
  init(english: String, french: String, _ person: Lexicon.Person, isFeminine: Bool = false) {
    (self.english, self.french) = ([english], [french])
    (self.person, self.isFeminine) = (person, isFeminine)
  }

  static let pronouns = [
    NounPhrase(english: "I", french: "je", .i), NounPhrase(english: "you", french: "vous", .you),
    NounPhrase(english: "he", french: "il", .he),
    NounPhrase(english: "she", french: "elle", .he, isFeminine: true),
    NounPhrase(english: "we", french: "nous", .we),
    NounPhrase(english: "they", french: "ils", .they),
  ]

  private static func english(_ article: Article, isPlural: Bool, next: String) -> String {
    switch article {
    case .a where isPlural: "some"
    case .a: next.first.map("aeiou".contains) == true ? "an" : "a"
    case .this: isPlural ? "these" : "this"
    default: "\(article)"
    }
  }

  /// `form` counts masculine, feminine, then both in the plural.
  private static func french(
    _ article: Article, form: Int, next: String, hasAdjective: Bool, isNegated: Bool
  ) -> String {
    // "Ma amie" would have two vowels meet: "mon amie".
    let soft = form == 1 && French.startsWithVowel(next) ? 0 : form
    switch article {
    case .the: return ["le", "la", "les", "les"][form]
    case .a where isNegated: return "de"
    case .a where form >= 2 && hasAdjective: return "de"
    case .a: return ["un", "une", "des", "des"][form]
    case .this where form == 0 && French.startsWithVowel(next): return "cet"
    case .this: return ["ce", "cette", "ces", "ces"][form]
    case .my: return ["mon", "ma", "mes", "mes"][soft]
    case .his: return ["son", "sa", "ses", "ses"][soft]
    case .our: return ["notre", "notre", "nos", "nos"][form]
    case .their: return ["leur", "leur", "leurs", "leurs"][form]
    }
  }
}

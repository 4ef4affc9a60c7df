/// The words of the generated corpus, with the forms that French grammar asks for.
enum Lexicon {
  struct Noun {
    /// Singular and plural.
    let english, french: [String]
    let isFeminine: Bool
  }

  struct Adjective {
    let english: String
    /// Masculine and feminine singular, masculine and feminine plural.
    let french: [String]
    /// The masculine singular before a vowel, as in "un vieil homme".
    let beforeVowel: String
    let isBeforeNoun: Bool
  }

  /// I; he, she or a thing; we; you; they.
  enum Person: Int { case i, he, we, you, they }

  struct Verb {
    /// As with "I", and as with "he"; may be two words.
    let english, englishThird: String
    /// One form a person, in the order of `Person`.
    let french: [String]
  }

  static let people = nouns(
    """
    cat cats chat chats m; dog dogs chien chiens m; boy boys garçon garçons m
    girl girls fille filles f; bird birds oiseau oiseaux m; horse horses cheval chevaux m
    child children enfant enfants m; friend friends ami amis m; woman women femme femmes f
    queen queens reine reines f; man men homme hommes m; teacher teachers professeur professeurs m
    """)
  static let things = nouns(
    """
    apple apples pomme pommes f; book books livre livres m; house houses maison maisons f
    car cars voiture voitures f; letter letters lettre lettres f; flower flowers fleur fleurs f
    hat hats chapeau chapeaux m; tree trees arbre arbres m; orange oranges orange oranges f
    bag bags sac sacs m; picture pictures image images f; boat boats bateau bateaux m
    """)
  static let places = nouns(
    """
    market markets marché marchés m; garden gardens jardin jardins m
    school schools école écoles f; kitchen kitchens cuisine cuisines f; station stations gare gares f
    hotel hotels hôtel hôtels m; park parks parc parcs m; office offices bureau bureaux m
    church churches église églises f; museum museums musée musées m
    """)
  static let adjectives = adjectiveTable(
    """
    big grand grande grands grandes - before; small petit petite petits petites - before
    beautiful beau belle beaux belles bel before; old vieux vieille vieux vieilles vieil before
    new nouveau nouvelle nouveaux nouvelles nouvel before; young jeune jeune jeunes jeunes - before
    pretty joli jolie jolis jolies - before; good bon bonne bons bonnes - before
    red rouge rouge rouges rouges - after; black noir noire noirs noires - after
    white blanc blanche blancs blanches - after; green vert verte verts vertes - after
    happy heureux heureuse heureux heureuses - after; sad triste triste tristes tristes - after
    heavy lourd lourde lourds lourdes - after; slow lent lente lents lentes - after
    French français française français françaises - after
    quiet tranquille tranquille tranquilles tranquilles - after
    """)
  /// Verbs with an object. Of some English needs two words and French one.
  static let transitive = verbs(
    """
    see sees vois voit voyons voyez voient; love loves aime aime aimons aimez aiment
    want wants veux veut voulons voulez veulent; take takes prends prend prenons prenez prennent
    draw draws dessine dessine dessinons dessinez dessinent
    buy buys achète achète achetons achetez achètent; find finds trouve trouve trouvons trouvez trouvent
    forget forgets oublie oublie oublions oubliez oublient
    look_at looks_at regarde regarde regardons regardez regardent
    look_for looks_for cherche cherche cherchons cherchez cherchent
    wait_for waits_for attends attend attendons attendez attendent
    listen_to listens_to écoute écoute écoutons écoutez écoutent
    """)
  static let intransitive = verbs(
    """
    sleep sleeps dors dort dormons dormez dorment; sing sings chante chante chantons chantez chantent
    work works travaille travaille travaillons travaillez travaillent
    run runs cours court courons courez courent; play plays joue joue jouons jouez jouent
    dance dances danse danse dansons dansez dansent
    """)
  static let go = verbs("go goes vais va allons allez vont")[0]
  static let come = verbs("come comes viens vient venons venez viennent")[0]
  static let speak = verbs("speak speaks parle parle parlons parlez parlent")[0]
  static let be = verbs("are is suis est sommes êtes sont")[0]

  /// The entries of a table: words set apart by spaces, entries by semicolons and lines.
  private static func entries(_ table: String) -> [[String]] {
    table.split { ";\n".contains($0) }.map { $0.split(separator: " ").map(String.init) }
  }

  private static func nouns(_ table: String) -> [Noun] {
    entries(table).map { words in
      Noun(
        english: Array(words[0...1]), french: Array(words[2...3]), isFeminine: words[4] == "f")
    }
  }

  private static func adjectiveTable(_ table: String) -> [Adjective] {
    entries(table).map { words in
      Adjective(
        english: words[0], french: Array(words[1...4]),
        beforeVowel: words[5] == "-" ? words[1] : words[5], isBeforeNoun: words[6] == "before")
    }
  }

  private static func verbs(_ table: String) -> [Verb] {
    entries(table).map { words in
      let english = words[0...1].map { $0.replacing("_", with: " ") }
      return Verb(english: english[0], englishThird: english[1], french: Array(words[2...]))
    }
  }
}

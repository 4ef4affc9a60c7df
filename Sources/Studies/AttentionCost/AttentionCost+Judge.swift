import Foundation

extension AttentionCost {
  /// Whether an exponent is the one of theory: within a quarter.
  private static func isNear(_ exponent: Spread, _ theory: Double) -> Bool {
    abs(exponent.mean - theory) <= 0.25
  }

  /// Whether times grow with the powers of n that theory gives.
  public static func judgeTime(softmax: Spread, linear: Spread) -> Judgement {
    let (square, line) = (isNear(softmax, 2), isNear(linear, 1))
    return Judgement(
      claim: "The time of softmax attention grows with n^2, that of linear attention with n",
      measured: "fitted exponents: \(softmax) for softmax, \(linear) for linear attention",
      verdict: square && line ? .holds : .doesNotHold)
  }

  /// Whether softmax attention needs the memory of n^2 weights, however it is computed.
  public static func judgeMemory(stored: Spread, blocks: Spread, linear: Spread) -> Judgement {
    let verdict: Verdict =
      !isNear(stored, 2) || !isNear(linear, 1)
      ? .doesNotHold
      : isNear(blocks, 2)
        ? .holds
        : .holdsOnly(
          when: "where the matrix of weights is stored; computed block by block, softmax "
            + "attention needs memory for n^\(figure(blocks.mean))")
    return Judgement(
      claim: "The memory of softmax attention grows with n^2, that of linear attention with n",
      measured: """
        fitted exponents: \(stored) where the matrix is stored, \(blocks) in blocks, \(linear) for \
        linear attention
        """,
      verdict: verdict)
  }

  /// Where the linear form becomes the faster one.
  ///
  /// `crossings` has the number of tokens for each seed, nil where one form is always the faster;
  /// `ratio` is how many times faster the linear form is at most tokens.
  public static func judgeFaster(
    crossings: [Double?], ratio: Spread, tokens: ClosedRange<Int>
  ) -> Judgement {
    let known = Spread(crossings.compactMap { $0 })
    let (first, last) = (tokens.lowerBound, tokens.upperBound)
    let speed = "at \(last) tokens it is \(ratio) times as fast"
    let claim = "Linear attention is faster"
    guard !known.values.isEmpty else {
      let isFaster = ratio.mean > 1
      return Judgement(
        claim: claim, measured: "no crossing from \(first) to \(last) tokens; \(speed)",
        verdict: isFaster ? .holds : .doesNotHold)
    }
    return Judgement(
      claim: claim, measured: "from \(known) tokens on; \(speed)",
      verdict: .holdsOnly(when: "from about \(figure(known.mean)) tokens on"))
  }

  /// Whether the linear form computes what softmax attention does, up to a factor.
  public static func judgeSame(linear: Spread, blocks: Spread) -> Judgement {
    Judgement(
      claim: "softmax(Q / sqrt d) (K^T V) is softmax attention, computed in another order",
      measured: """
        cosine between the outputs of both on the same random input: \(linear); for comparison, \
        softmax attention in blocks and with its matrix: \(blocks)
        """,
      verdict: linear.mean >= 0.99 ? .holds : .doesNotHold)
  }

  /// Whether the linear form learns to look up what softmax attention learns to look up.
  ///
  /// `chance` is the share of right answers that guessing gives.
  public static func judgeLookup(
    pairs: [Int], softmax: [Spread], linear: [Spread], features: Int, chance: Double
  ) -> Judgement {
    let keepsUp = zip(softmax, linear).map { $0.mean - $1.mean < 0.05 }
    let learned = zip(pairs, keepsUp).prefix { $0.1 }.map(\.0)
    let verdict: Verdict =
      keepsUp.allSatisfy { $0 }
      ? .holds
      : learned.last.map {
        .holdsOnly(when: "for \($0) pairs and fewer, with \(features) features")
      } ?? .doesNotHold
    let list = pairs.indices.map {
      "\(pairs[$0]) pairs: softmax \(softmax[$0]), linear \(linear[$0])"
    }
    return Judgement(
      claim: """
        What softmax attention learns, linear attention learns too: to find the value of a key \
        among pairs
        """,
      measured: "\(list.joined(separator: "; ")); guessing gives \(figure(chance))",
      verdict: verdict)
  }

  /// The number of tokens from which on the first curve is above the second, between the sizes
  /// measured on straight lines of logarithms; nil where it always or never is.
  public static func crossing(_ tokens: [Int], _ first: [Double], _ second: [Double]) -> Double? {
    let distances = zip(first, second).map { log($0 / $1) }
    guard let before = distances.lastIndex(where: { $0 <= 0 }), before + 1 < distances.count else {
      return nil
    }
    let share = distances[before] / (distances[before] - distances[before + 1])
    let ends = (log(Double(tokens[before])), log(Double(tokens[before + 1])))
    return exp(ends.0 + share * (ends.1 - ends.0))
  }
}

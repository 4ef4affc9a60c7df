extension InductiveBias {
  /// What counts as not caring: five of a hundred images at most are lost.
  static let tolerance = 0.05

  public static func judge(_ shifts: Shifts) -> [Judgement] {
    let names = Network.allCases.map(\.rawValue)
    let losses = names.map { loss(shifts, $0) }
    let invariant = names.dropFirst().filter { loss(shifts, $0) <= tolerance }
    let condition = invariant == [Network.pooled.rawValue] ? "with" : "without"
    let verdict: Verdict =
      invariant.count == names.count - 1
      ? .holds
      : invariant.isEmpty ? .doesNotHold : .holdsOnly(when: "\(condition) global pooling")
    let lost = zip(names, losses).map { "\($0) \(figure($1))" }.joined(separator: "; ")
    let last = shifts.distances.last ?? 0
    let learned = loss(shifts, shiftedMLP)
    return [
      Judgement(
        claim: "a CNN does not care where something stands: it loses at most 0.05 by shifts",
        measured: "most accuracy lost by shifts of up to \(last) pixels: \(lost)",
        verdict: verdict),
      judgeTolerance(shifts),
      Judgement(
        claim:
          "what is not built in can be learned: an MLP trained on shifted images loses at most "
          + "0.05",
        measured:
          "it loses \(figure(learned)), the MLP trained on centred images \(figure(losses[0]))",
        verdict: learned <= tolerance ? .holds : .doesNotHold),
    ]
  }

  /// The most that any shift takes of the accuracy, by means over the seeds.
  static func loss(_ shifts: Shifts, _ name: String) -> Double {
    let curve = (shifts.accuracy[name] ?? []).map(\.mean)
    return (curve.first ?? .nan) - (curve.min() ?? .nan)
  }

  /// Whether the CNN without global pooling, which has a weight for each place, still is ahead of
  /// the MLP wherever images are shifted.
  static func judgeTolerance(_ shifts: Shifts) -> Judgement {
    let (cnn, mlp) = (
      shifts.accuracy[Network.cnn.rawValue] ?? [], shifts.accuracy[Network.mlp.rawValue] ?? []
    )
    let moved = shifts.distances.indices.filter { shifts.distances[$0] > 0 }
    let ahead = moved.filter { cnn[$0].isAbove(mlp[$0], margin: 0.01) }
    let measured = moved.map { "\(cnn[$0]) against \(mlp[$0]) at \(shifts.distances[$0])" }
    let at = ahead.map { "\(shifts.distances[$0])" }.joined(separator: ", ")
    return Judgement(
      claim: "shifts confuse a CNN less than an MLP, even without global pooling",
      measured: "CNN against MLP: \(measured.joined(separator: "; ")) pixels",
      verdict: ahead.count == moved.count
        ? .holds : ahead.isEmpty ? .doesNotHold : .holdsOnly(when: "for shifts of \(at) pixels"))
  }

  public static func judge(_ orders: Orders) -> [Judgement] {
    [judgePermutation(orders), judgeData(orders)]
  }

  /// Whether the MLP's accuracy stays (within a percent and the spread) while the CNN's lead goes.
  static func judgePermutation(_ orders: Orders) -> Judgement {
    let (mlp, cnn) = (Network.mlp.rawValue, Network.cnn.rawValue)
    let last = orders.counts.count - 1
    let plain = { (name: String, index: Int) in orders.plain[name]?[index] ?? Spread([.nan]) }
    let permuted = { (name: String, index: Int) in
      orders.permuted[name]?[index] ?? Spread([.nan])
    }
    let isUnmoved = orders.counts.indices.allSatisfy {
      !plain(mlp, $0).isAbove(permuted(mlp, $0), margin: 0.01)
        && !permuted(mlp, $0).isAbove(plain(mlp, $0), margin: 0.01)
    }
    let leads = orders.counts.indices.filter {
      plain(cnn, $0).isAbove(plain(mlp, $0), margin: 0.005)
    }
    let kept = leads.filter { permuted(cnn, $0).isAbove(permuted(mlp, $0), margin: 0.005) }
    let gone = leads.filter { !kept.contains($0) }.map { orders.counts[$0].withCommas }
    let verdict: Verdict =
      !isUnmoved || gone.isEmpty
      ? .doesNotHold
      : kept.isEmpty
        ? .holds : .holdsOnly(when: "with \(gone.joined(separator: ", ")) training images")
    return Judgement(
      claim: "one permutation of all pixels takes the CNN's lead, and the MLP does not notice it",
      measured: "with \(orders.counts[last].withCommas) images, as they are and permuted: MLP "
        + "\(plain(mlp, last)) and \(permuted(mlp, last)), CNN \(plain(cnn, last)) and "
        + "\(permuted(cnn, last))",
      verdict: verdict)
  }

  /// Whether the CNN's lead is larger with the fewest images than with the most.
  static func judgeData(_ orders: Orders) -> Judgement {
    let leads = orders.counts.indices.map { index -> Spread in
      let cnn = orders.plain[Network.cnn.rawValue]?[index].values ?? []
      let mlp = orders.plain[Network.mlp.rawValue]?[index].values ?? []
      return Spread(zip(cnn, mlp).map { $0 - $1 })
    }
    let measured = zip(leads, orders.counts).map { "\($0) with \($1.withCommas)" }
    return Judgement(
      claim: "what is built in is worth most where training images are few",
      measured: "the CNN's lead over the MLP: \(measured.joined(separator: ", ")) images",
      verdict: leads[0].isAbove(leads[leads.count - 1], margin: 0.005) ? .holds : .doesNotHold)
  }
}

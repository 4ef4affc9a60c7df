import Foundation

extension CNNvsMLP {
  /// Whether the CNN is more accurate at every size, by more than the seeds' spread and by half a
  /// percent.
  public static func judge(_ claim: String, _ unit: String, _ pairs: [Pair]) -> Judgement {
    let pairs = pairs.sorted { $0.size < $1.size }
    let wins = pairs.map { $0.cnn.isAbove($0.mlp, margin: 0.005) }
    let measured = pairs.map { "\($0.cnn) against \($0.mlp) at \($0.size.withCommas)" }
    return Judgement(
      claim: claim, measured: "CNN against MLP: " + measured.joined(separator: "; ") + " \(unit)",
      verdict: verdict(pairs.map(\.size), wins, unit))
  }

  private static func verdict(_ sizes: [Int], _ wins: [Bool], _ unit: String) -> Verdict {
    guard let first = wins.firstIndex(of: true), let last = wins.lastIndex(of: true) else {
      return .doesNotHold
    }
    if wins.allSatisfy({ $0 }) { return .holds }
    if wins[first...last].contains(false) {
      let sizes = wins.indices.filter { wins[$0] }.map { sizes[$0].withCommas }
      return .holdsOnly(when: "at \(sizes.joined(separator: ", ")) \(unit)")
    }
    if last == wins.count - 1 {
      return .holdsOnly(when: "from \(sizes[first].withCommas) \(unit) on")
    }
    return .holdsOnly(when: "up to \(sizes[last].withCommas) \(unit)")
  }

  /// Whether the CNN needs at most half of the MLP's images for the accuracy that it has with all.
  public static func judgeImages(_ pairs: [Pair]) -> Judgement {
    let pairs = pairs.sorted { $0.size < $1.size }
    let all = pairs[pairs.count - 1]
    let needed = imagesNeeded(pairs)
    let measured =
      "the MLP has \(all.mlp) from \(all.size.withCommas) images; the CNN has that from "
      + (needed.map { "about \(Int($0.rounded()).withCommas)" } ?? "no number of images tried")
    let isHalf = needed.map { $0 <= Double(all.size) / 2 } ?? false
    return Judgement(
      claim: "a CNN needs at most half of the images that an MLP needs", measured: measured,
      verdict: isHalf ? .holds : .doesNotHold)
  }

  /// With how many images the CNN reaches what the MLP reaches with most: a straight line over the
  /// number's logarithm between the measured ones; nil where it never does.
  public static func imagesNeeded(_ pairs: [Pair]) -> Double? {
    guard let target = pairs.last?.mlp.mean,
      let index = pairs.firstIndex(where: { $0.cnn.mean >= target })
    else { return nil }
    guard index > 0 else { return Double(pairs[0].size) }
    let (low, high) = (pairs[index - 1], pairs[index])
    let share = (target - low.cnn.mean) / (high.cnn.mean - low.cnn.mean)
    return Double(low.size) * pow(Double(high.size) / Double(low.size), share)
  }

  /// Whether the network without nonlinearities is W x + b up to rounding: half a unit in the last
  /// place of the largest logit for each of the terms that are added. With nonlinearities it must
  /// not be, or the test sees nothing.
  public static func judgeCollapse(_ linearity: Linearity) -> Judgement {
    let none = Spread([.nan])
    let linear = linearity.error["linear CNN"] ?? none
    let other = linearity.error["CNN"] ?? none
    let rounding = Double(linearity.inputs) * 0x1p-24
    let isLinear = linear.values.allSatisfy { $0 < rounding }
    let isSeen = other.values.allSatisfy { $0 > 1e-2 }
    return Judgement(
      claim: "a CNN without nonlinearities is one matrix and one vector",
      measured: "largest error of W x + b on the test images, of the largest logit: "
        + "\(figure(linear.values.max() ?? .nan)) without nonlinearities, "
        + "\(figure(other.values.min() ?? .nan)) or more with them; rounding explains "
        + "\(figure(rounding))",
      verdict: isLinear && isSeen ? .holds : .doesNotHold)
  }

  /// Whether it then is about as accurate as softmax regression (within a percent and the spread)
  /// and less so than with nonlinearities.
  public static func judgeLinearAccuracy(_ linearity: Linearity) -> Judgement {
    let accuracy = { (name: String) in linearity.accuracy[name] ?? Spread([.nan]) }
    let (linear, regression) = (accuracy("linear CNN"), accuracy("softmax regression"))
    let isBetter = linear.isAbove(regression, margin: 0.01)
    let isWorse = regression.isAbove(linear, margin: 0.01)
    let isBehind = accuracy("CNN").isAbove(linear, margin: 0.01)
    return Judgement(
      claim: "so without nonlinearities it is no better than softmax regression",
      measured: "accuracy \(linear) without nonlinearities, \(accuracy("CNN")) with them, softmax "
        + "regression \(regression)",
      verdict: !isBetter && isBehind
        ? (isWorse ? .holdsOnly(when: "as it is even worse") : .holds) : .doesNotHold)
  }

  var judgements: [Judgement] {
    [
      CNNvsMLP.judge(
        "with as many parameters, a CNN is more accurate than an MLP", "parameters", byParameters),
      CNNvsMLP.judge(
        "with as many parameters and images, a CNN is more accurate than an MLP",
        "training images", byImages),
      CNNvsMLP.judgeImages(byImages), CNNvsMLP.judgeCollapse(linearity),
      CNNvsMLP.judgeLinearAccuracy(linearity),
    ]
  }
}

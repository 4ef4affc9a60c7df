extension VAEStudy {
  var judgements: [Judgement] {
    let judged = latents.compactMap { latent in
      figures[latent].map { ("\(latent) latent dimensions", $0) }
    }
    let samples = judged.map { ($0.0, VAEStudy.judgeSamples($0.0, $0.1)) }
    return [VAEStudy.summary(samples)] + samples.map(\.1)
      + judged.map { VAEStudy.judgeCodes($0.0, $0.1) }
      + judged.map { VAEStudy.judgeBlends($0.0, $0.1) }
  }

  /// Whether samples of the VAE are closer to real digits than what the plain decoder makes of the
  /// same vectors, and of vectors like its own codes: by a twentieth of the distance at least.
  public static func judgeSamples(_ setting: String, _ figures: Figures) -> Judgement {
    let distance = { (source: Source) in Spread(figures.distance[source] ?? [.nan]) }
    let vae = distance(.vae)
    let isCloser = { (source: Source) in
      distance(source).isAbove(vae, margin: 0.05 * vae.mean)
    }
    let verdict: Verdict
    switch (isCloser(.plain), isCloser(.fitted)) {
    case (true, true): verdict = .holds
    case (true, false):
      let isFartherThanFitted = vae.isAbove(distance(.fitted), margin: 0.05 * vae.mean)
      verdict = .holdsOnly(
        when: "for vectors drawn without looking at the codes: from a Gaussian fitted to them the "
          + "plain decoder does \(isFartherThanFitted ? "better" : "as well")")
    case (false, true):
      verdict = .holdsOnly(when: "against vectors from a Gaussian fitted to the codes")
    case (false, false): verdict = .doesNotHold
    }
    let measured = Source.allCases.map { source in
      let sure = Spread(figures.sure[source] ?? [.nan])
      return "\(source.rawValue): distance \(distance(source)), sure of \(sure)"
    }
    return Judgement(
      claim: "\(setting): samples of a VAE are closer to real digits than what a plain decoder "
        + "makes of random vectors",
      measured: measured.joined(separator: "; "), verdict: verdict)
  }

  /// The claim as a whole, over the latent sizes.
  public static func summary(_ settings: [(name: String, judgement: Judgement)]) -> Judgement {
    let verdicts = settings.map(\.judgement.verdict)
    let holding = settings.filter { $0.judgement.verdict == .holds }.map(\.name)
    let verdict: Verdict
    if let first = verdicts.first, verdicts.allSatisfy({ $0 == first }) {
      verdict = first
    } else if holding.isEmpty {
      let conditions = settings.map { "\($0.name): \($0.judgement.verdict)" }
      verdict = .holdsOnly(when: "in part (\(conditions.joined(separator: "; ")))")
    } else {
      verdict = .holdsOnly(when: "in full for \(holding.joined(separator: ", "))")
    }
    return Judgement(
      claim:
        "random vectors through a plain autoencoder's decoder are no digits, a VAE's samples are",
      measured: "in full for \(holding.count) of \(settings.count) latent sizes", verdict: verdict)
  }

  /// Whether the codes are distributed as the prior in a VAE, to a tenth of a nat a dimension, and
  /// not in a plain autoencoder.
  public static func judgeCodes(_ setting: String, _ figures: Figures) -> Judgement {
    let plain = Spread(figures.divergence[.plain] ?? [.nan])
    let vae = Spread(figures.divergence[.vae] ?? [.nan])
    let isPrior = vae.mean < 0.1
    let verdict: Verdict =
      isPrior && plain.isAbove(vae, margin: 0.1) ? .holds : .doesNotHold
    return Judgement(
      claim: "\(setting): a VAE's codes lie where its prior says, a plain autoencoder's do not",
      measured: "KL to the standard normal, nats a dimension: VAE \(vae), autoencoder \(plain)",
      verdict: verdict)
  }

  /// Whether half way between two codes there is a digit in a VAE more often than in a plain
  /// autoencoder, and more often than half way between the pixels.
  public static func judgeBlends(_ setting: String, _ figures: Figures) -> Judgement {
    let sure = { (blend: Blend) in Spread(figures.blends[blend] ?? [.nan]) }
    let isBetter = { (blend: Blend) in sure(.vae).isAbove(sure(blend), margin: 0.02) }
    let verdict: Verdict
    switch (isBetter(.plain), isBetter(.pixels)) {
    case (true, true): verdict = .holds
    case (true, false): verdict = .holdsOnly(when: "against the plain autoencoder, not the pixels")
    case (false, true): verdict = .holdsOnly(when: "against the pixels, not the plain autoencoder")
    case (false, false): verdict = .doesNotHold
    }
    let measured = Blend.allCases.map { "\($0.rawValue) \(sure($0))" }.joined(separator: ", ")
    return Judgement(
      claim: "\(setting): half way between two digits' codes a VAE shows a digit more often",
      measured: "share the classifier is sure of: \(measured)", verdict: verdict)
  }
}

import GraphIR
import Runtime

extension VAEStudy {
  func describe(in report: inout StudyReport) throws {
    report.text(
      "A classifier, right on \(figure(critic.accuracy)) of the test digits and sure "
        + "(\(DigitCritic.sureness) or more) of \(figure(critic.sureOfReal)) of them, looks at "
        + "images. Distances are squared Frechet distances between its 64 features on them and on "
        + "test digits; training digits are at \(figure(critic.distanceOfReal)).")
    report.value("classifier.accuracy", critic.accuracy)
    report.value("real.sure", critic.sureOfReal)
    report.value("real.distance", critic.distanceOfReal)
    tables(in: &report)
    for latent in latents.reversed() {
      guard let (plain, vae) = models[latent] else { continue }
      report.heading("\(latent) latent dimensions")
      try samples(latent, plain, vae, in: &report)
      try blends(latent, plain, vae, in: &report)
      if latent == 2 { try plane(plain, vae, in: &report) }
    }
  }

  private func tables(in report: inout StudyReport) {
    var rows: [[String]] = []
    var bounds: [[String]] = []
    for latent in latents {
      guard let figures = figures[latent] else { continue }
      for source in Source.allCases {
        let distance = Spread(figures.distance[source] ?? [.nan])
        let sure = Spread(figures.sure[source] ?? [.nan])
        rows.append(["\(latent)", source.rawValue, "\(distance)", "\(sure)"])
        report.value("\(latent).\(source).distance", distance)
        report.value("\(latent).\(source).sure", sure)
      }
      let bound = Spread(figures.bound)
      let divergences = [Blend.plain, .vae].map { Spread(figures.divergence[$0] ?? [.nan]) }
      let blends = Blend.allCases.map { Spread(figures.blends[$0] ?? [.nan]) }
      bounds.append(["\(latent)", "\(bound)"] + (divergences + blends).map { "\($0)" })
      report.value("\(latent).elbo", bound)
      for (name, value) in zip(["autoencoder", "vae"], divergences) {
        report.value("\(latent).\(name).divergence", value)
      }
      for (blend, value) in zip(Blend.allCases, blends) {
        report.value("\(latent).\(blend).halfway", value)
      }
    }
    report.table(
      "samples", ["latent", "vectors", "distance to test digits", "share it is sure of"], rows,
      caption: "What comes out of the decoders; \(test.count) images a seed.")
    report.table(
      "codes",
      [
        "latent", "ELBO of test digits, nats", "KL to the prior: autoencoder", "VAE",
        "half way: pixels", "autoencoder", "VAE",
      ], bounds,
      caption:
        "The VAE's evidence lower bound; KL of a Gaussian with the codes' mean and covariance"
        + " to the standard normal, nats a dimension; the share of images half way between two"
        + " test digits of different classes that the classifier is sure of.")
  }
}

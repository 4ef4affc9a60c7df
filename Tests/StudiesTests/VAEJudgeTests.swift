import Studies
import Testing

/// The VAE study's judges get made-up figures of both kinds.
@Suite struct VAEJudgeTests {
  private func figures(
    vae: Double, plain: Double, fitted: Double
  ) -> VAEStudy.Figures {
    var figures = VAEStudy.Figures()
    for (source, distance) in [VAEStudy.Source.vae: vae, .plain: plain, .fitted: fitted] {
      figures.distance[source] = [distance - 0.1, distance, distance + 0.1]
      figures.sure[source] = [0.5, 0.6, 0.7]
    }
    return figures
  }

  @Test func samples() {
    let judge = { (vae: Double, plain: Double, fitted: Double) in
      VAEStudy.judgeSamples("2", figures(vae: vae, plain: plain, fitted: fitted)).verdict
    }
    #expect(judge(10, 50, 20) == .holds)
    #expect(judge(10, 9, 9) == .doesNotHold)
    #expect("\(judge(10, 50, 10))".contains("plain decoder does as well"))
    #expect("\(judge(10, 50, 5))".contains("plain decoder does better"))
    #expect("\(judge(10, 10, 50))".contains("fitted to the codes"))
    // A twentieth more is no difference.
    #expect(judge(10, 10.4, 10.4) == .doesNotHold)
    let measured = VAEStudy.judgeSamples("2", figures(vae: 10, plain: 50, fitted: 20)).measured
    #expect(measured.contains("VAE, standard normal: distance 10.00"))
  }

  @Test func theWholeClaim() {
    let yes = VAEStudy.judgeSamples("2", figures(vae: 10, plain: 50, fitted: 20))
    let no = VAEStudy.judgeSamples("2", figures(vae: 10, plain: 9, fitted: 9))
    let part = VAEStudy.judgeSamples("2", figures(vae: 10, plain: 50, fitted: 10))
    #expect(VAEStudy.summary([("a", yes), ("b", yes)]).verdict == .holds)
    #expect(VAEStudy.summary([("a", no), ("b", no)]).verdict == .doesNotHold)
    #expect(VAEStudy.summary([("a", part), ("b", part)]).verdict == part.verdict)
    #expect(VAEStudy.summary([("a", no), ("b", yes)]).verdict == .holdsOnly(when: "in full for b"))
    #expect("\(VAEStudy.summary([("a", no), ("b", part)]).verdict)".contains("holds only in part"))
  }

  @Test func codes() {
    let judge = { (plain: Double, vae: Double) in
      var figures = VAEStudy.Figures()
      figures.divergence = [.plain: [plain, plain + 0.01], .vae: [vae, vae + 0.01]]
      return VAEStudy.judgeCodes("2", figures).verdict
    }
    #expect(judge(2, 0.01) == .holds)
    #expect(judge(0.01, 0.01) == .doesNotHold)
    #expect(judge(5, 1) == .doesNotHold)
  }

  @Test func blends() {
    let judge = { (pixels: Double, plain: Double, vae: Double) in
      var figures = VAEStudy.Figures()
      figures.blends = [
        .pixels: [pixels, pixels + 0.01], .plain: [plain, plain + 0.01], .vae: [vae, vae + 0.01],
      ]
      return VAEStudy.judgeBlends("2", figures).verdict
    }
    #expect(judge(0.3, 0.4, 0.7) == .holds)
    #expect(judge(0.7, 0.7, 0.7) == .doesNotHold)
    #expect(
      judge(0.3, 0.7, 0.7) == .holdsOnly(when: "against the pixels, not the plain autoencoder"))
    #expect(
      judge(0.7, 0.3, 0.7) == .holdsOnly(when: "against the plain autoencoder, not the pixels"))
  }
}

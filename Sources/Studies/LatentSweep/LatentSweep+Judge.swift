import Runtime

extension LatentSweep {
  /// Whether a curve of accuracies rises to a best dimension and falls after it.
  ///
  /// It falls if the last one is below the best by more than the spread of the seeds, and by at
  /// least half a percent; likewise it rises.
  public static func judge(_ what: String, _ dimensions: [Int], _ curve: [Spread]) -> Judgement {
    let best = curve.indices.max { curve[$0].mean < curve[$1].mean } ?? 0
    let (first, last) = (curve[0], curve[curve.count - 1])
    let rises = curve[best].isAbove(first, margin: 0.005)
    let falls = curve[best].isAbove(last, margin: 0.005)
    let measured =
      "\(first) at \(dimensions[0]), best \(curve[best]) at \(dimensions[best]), "
      + "\(last) at \(dimensions[dimensions.count - 1])"
    return Judgement(
      claim: "\(what): accuracy rises to a best latent dimension, then falls",
      measured: measured, verdict: rises && falls ? .holds : .doesNotHold)
  }

  /// The claim as a whole: whether it holds in all, in some, or in none of the settings.
  public static func summary(_ settings: [(name: String, judgement: Judgement)]) -> Judgement {
    let holding = settings.filter { $0.judgement.verdict == .holds }.map(\.name)
    let names = holding.joined(separator: "; ")
    let verdict: Verdict =
      holding.count == settings.count
      ? .holds : holding.isEmpty ? .doesNotHold : .holdsOnly(when: "for \(names)")
    return Judgement(
      claim: "accuracy on the latent space rises to a best dimension, then falls",
      measured: "it does for \(holding.count) of \(settings.count) settings", verdict: verdict)
  }

  func describe(in report: inout StudyReport) {
    var rows: [[String]] = []
    for dimension in dimensions {
      var row = ["\(dimension)", error[dimension].map { "\($0)" } ?? ""]
      for probe in Probe.allCases {
        for count in labels {
          guard let value = accuracy[Key(probe, dimension, count)] else { continue }
          row.append("\(value)")
          report.value("\(probe.rawValue).\(count).\(dimension)", value)
        }
      }
      rows.append(row)
    }
    let names = Probe.allCases.flatMap { probe in labels.map { "\(probe.rawValue), \($0) labels" } }
    report.table(
      "accuracy", ["latent", "reconstruction error"] + names, rows,
      caption: "Test error of the autoencoder, and test accuracy of classifiers on its latents.")
    let x = dimensions.map(Double.init)
    var chart = LineChart(
      title: "Accuracy on the latent space", xLabel: "latent dimension", yLabel: "test accuracy")
    chart.xScale = .logarithmic
    for probe in Probe.allCases {
      for count in labels {
        let curve = dimensions.map { accuracy[Key(probe, $0, count)] ?? Spread([.nan]) }
        chart.series.append(
          .init(
            "\(probe.rawValue), \(count) labels", x: x, y: curve.map(\.mean),
            spread: curve.map(\.deviation)))
      }
    }
    report.chart("accuracy", chart, caption: "Mean over the seeds; bands are a standard deviation.")
    var errors = LineChart(
      title: "Reconstruction", xLabel: "latent dimension", yLabel: "mean squared error",
      series: [.init("test", x: x, y: dimensions.map { error[$0]?.mean ?? .nan })])
    errors.xScale = .logarithmic
    errors.yScale = .logarithmic
    report.chart("reconstruction", errors, caption: "What the autoencoder itself is trained for.")
  }
}

import GraphIR
import Runtime

extension Depth {
  static func describe(
    _ curves: [WidthCurve], _ contests: [Contest], _ exact: [Exact], in report: inout StudyReport
  ) {
    report.heading("One hidden layer, wider and wider")
    var chart = LineChart(
      title: "Error of one hidden layer", xLabel: "units", yLabel: "error / variance")
    (chart.xScale, chart.yScale) = (.logarithmic, .logarithmic)
    for curve in curves {
      chart.series.append(
        .init(
          curve.target.name, x: curve.widths.map(Double.init), y: curve.errors.map(\.mean)))
      for (width, error) in zip(curve.widths, curve.errors) {
        report.value("width.\(curve.target.inputs)d.\(width)", error)
      }
    }
    report.chart("width", chart, caption: "Mean over the seeds; 1 is the best constant.")
    for curve in curves { describe(curve, in: &report) }
    describe(contests, in: &report)
    describe(exact, in: &report)
  }

  /// Pictures of what networks of some widths became.
  private static func describe(_ curve: WidthCurve, in report: inout StudyReport) {
    if curve.target.inputs == 1 {
      let shown = zip(curve.widths, curve.fits).filter { [2, 8, 16, 64].contains($0.0) }
      report.chart(
        "fits", fits(curve.target, shown.map { ("\($0) units", $1) }),
        caption: "A smooth curve and networks of one hidden layer, first seed.")
      return
    }
    let side = Int(Double(curve.fits[0].target.count).squareRoot())
    var grid = ImageGrid(tileHeight: side, tileWidth: side)
    let target = curve.fits[0].target
    let (low, high) = (target.min() ?? 0, target.max() ?? 1)
    let tiles = ([target] + curve.fits.map(\.prediction)).flatMap { values in
      values.map { Float(($0 - low) / (high - low)) }
    }
    grid.scale = 2
    grid.addRow(Tensor(tiles, shape: [curve.fits.count + 1, side, side]))
    let widths = curve.widths.map(String.init).joined(separator: ", ")
    report.picture(
      "surface", grid.picture(),
      caption: "A smooth surface as gray, and one hidden layer of \(widths) units, first seed.")
  }

  private static func fits(
    _ target: ApproximationTarget, _ networks: [(name: String, fit: Approximation)]
  ) -> LineChart {
    let x = testPoints(target).doubles
    var chart = LineChart(
      title: target.name.prefix(1).uppercased() + target.name.dropFirst(), xLabel: "x", yLabel: "y")
    if let first = networks.first {
      chart.series.append(.init("the function", x: x, y: first.fit.target))
    }
    for (name, fit) in networks { chart.series.append(.init(name, x: x, y: fit.prediction)) }
    return chart
  }

  private static func describe(_ contests: [Contest], in report: inout StudyReport) {
    guard let first = contests.first else { return }
    report.heading("Shallow against deep with \(first.parameters) parameters")
    let depths = first.errors.map(\.depth)
    report.table(
      "depth", ["function"] + depths.map { "\($0) hidden" },
      contests.map { contest in [contest.what] + contest.errors.map { "\($0.error)" } },
      caption: "Error as a share of the variance, mean and standard deviation over the seeds; each "
        + "network is the widest of its depth with no more parameters.")
    for contest in contests {
      for (depth, error) in contest.errors { report.value("\(contest.what).\(depth)", error) }
    }
    var chart = LineChart(
      title: "Error with \(first.parameters) parameters", xLabel: "hidden layers",
      yLabel: "error / variance")
    chart.yScale = .logarithmic
    chart.series = contests.map { contest in
      .init(contest.what, x: depths.map(Double.init), y: contest.errors.map(\.error.mean))
    }
    report.chart("depth", chart, caption: "Mean over the seeds; 1 is the best constant.")
    for contest in contests where contest.what == ApproximationTarget.tent(4).name {
      let shown = zip(depths, contest.fits).filter { [1, 3].contains($0.0) }
      report.chart(
        "tent", fits(.tent(4), shown.map { ("\($0) hidden", $1) }),
        caption: "What training made of the four-fold tent map, first seed.")
    }
  }

  private static func describe(_ exact: [Exact], in report: inout StudyReport) {
    report.heading("What can be represented, and what is found")
    report.table(
      "exact",
      ["times", "deep parameters", "its error", "shallow parameters", "error", "deep, trained"],
      exact.map {
        [
          "\($0.times)", "\($0.deepParameters)", figure($0.deepError), "\($0.shallowParameters)",
          figure($0.shallowError), "\($0.trained)",
        ]
      },
      caption: "Networks with weights given by hand that are the tent map, and the same deep ones "
        + "trained from random weights.")
    for one in exact {
      report.value("exact.\(one.times).trained", one.trained)
      report.value("exact.\(one.times).deep", one.deepError)
      report.value("exact.\(one.times).shallow", one.shallowError)
    }
  }
}

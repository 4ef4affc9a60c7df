import Codegen
import GraphIR
import Runtime

extension MovingAverages {
  static func describe(
    _ streams: Streams, _ races: [Race], in report: inout StudyReport
  ) throws {
    describe(streams, in: &report)
    var settings: [String] = []
    for race in races where !settings.contains(race.setting) { settings.append(race.setting) }
    report.heading("Races")
    for (index, setting) in settings.enumerated() {
      report.chart(
        "race-\(index + 1)", chart(setting, races.filter { $0.setting == setting }),
        caption: "Mean over the seeds, each with its best learning rate.")
    }
    let rows = races.map { race in
      let (exponential, linear) = race.spreads
      let rate = { (averaging: Averaging) in race.rate[averaging].map(figure) ?? "" }
      return [
        race.setting, race.method.rawValue, "\(exponential)", "\(linear)", rate(.exponential),
        rate(.linear),
      ]
    }
    report.table(
      "races",
      ["setting", "method", "exponential", "linear", "its rate", "linear's rate"], rows,
      caption:
        "Quadratics: mean squared distance from the optimum in the second half of the steps. "
        + "Digits: share of wrong test images at the end.")
    for race in races {
      report.value("\(race.setting).\(race.method).exponential", race.spreads.exponential)
      report.value("\(race.setting).\(race.method).linear", race.spreads.linear)
    }
    report.heading("The training step in C")
    report.text("One step of momentum with a linear average on the quadratic with fixed optimum.")
    let recipe = Recipe(.momentum, .linear, rate: 0.1)
    let step = try recipe.step(Quadratic.fixed.forward(steps: 4000))
    report.code(Compilation(step, state: StateLayout([step])).program.source)
  }

  private static func chart(_ setting: String, _ races: [Race]) -> LineChart {
    let isDigits = setting.hasPrefix("digits")
    var chart = LineChart(
      title: setting.prefix(1).uppercased() + setting.dropFirst(),
      xLabel: isDigits ? "epoch" : "step",
      yLabel: isDigits ? "share of wrong test images" : "squared distance from the optimum")
    chart.yScale = .logarithmic
    for averaging in Averaging.allCases {
      for race in races {
        chart.series.append(
          .init(
            "\(race.method.rawValue), \(averaging.rawValue)", x: race.places,
            y: race.curves[averaging] ?? race.places.map { _ in .nan }))
      }
    }
    return chart
  }

  private static func describe(_ streams: Streams, in report: inout StudyReport) {
    report.heading("One stream of gradients, averaged")
    var error = LineChart(
      title: "How far each estimate is from the present gradient", xLabel: "step",
      yLabel: "distance / length of the gradient")
    error.yScale = .logarithmic
    var alignment = LineChart(
      title: "Which gradient each estimate is like", xLabel: "steps before",
      yLabel: "cosine with the gradient then")
    for estimate in Streams.Estimate.allCases {
      guard let errors = streams.error[estimate], let cosines = streams.alignment[estimate] else {
        continue
      }
      let name = estimate == .newest ? "newest batch" : "\(estimate.rawValue) average"
      error.series.append(.init(name, y: mean(errors)))
      alignment.series.append(.init(name, y: mean(cosines)))
      report.value("stream.\(estimate).lag", streams.lag(estimate))
      report.value("stream.\(estimate).alignment", streams.presentAlignment(estimate))
    }
    report.chart(
      "stream-error", error,
      caption: "Gradients of a layer of a digit classifier while SGD trains it on batches of 100, "
        + "against the gradient over all data; the exponential average has decay 0.9.")
    report.chart(
      "stream-alignment", alignment,
      caption: "Mean over the second half of the steps, and over the seeds.")
  }
}

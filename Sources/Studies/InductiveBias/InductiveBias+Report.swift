import GraphIR
import Runtime

extension InductiveBias {
  func describe(_ shifts: Shifts, _ orders: Orders, in report: inout StudyReport) throws {
    report.text(
      "Trained on up to \(images.train.count.withCommas) images and tested on "
        + "\(images.test.count.withCommas) others of \(images.side) x \(images.side) pixels. "
        + "All networks get the same number of steps.")
    report.heading("Shifts")
    try describe(shifts, in: &report)
    report.heading("Permuted pixels, and fewer images")
    try describe(orders, in: &report)
  }

  private func describe(_ shifts: Shifts, in report: inout StudyReport) throws {
    let canvas = images.side + 2 * InductiveBias.margin
    let names = Network.allCases.map(\.rawValue) + [InductiveBias.shiftedMLP]
    var grid = ImageGrid(tileHeight: canvas, tileWidth: canvas)
    grid.scale = 2
    for examples in try examples(shifts.distances, count: 8) { grid.addRow(examples) }
    report.picture(
      "shifts", grid.picture(),
      caption: "Test images, a row for each distance: "
        + "\(shifts.distances.map(String.init).joined(separator: ", ")) pixels from the middle.")
    report.table(
      "shifts", ["shift"] + names,
      shifts.distances.indices.map { index in
        ["\(shifts.distances[index])"] + names.map { "\((shifts.accuracy[$0] ?? [])[index])" }
      },
      caption: "Test accuracy by shift in pixels; all but the last were trained on images in the "
        + "middle.")
    let x = shifts.distances.map(Double.init)
    let chart = LineChart(
      title: "Accuracy on shifted images", xLabel: "shift of the test images in pixels",
      yLabel: "test accuracy",
      series: names.map { InductiveBias.series($0, x, shifts.accuracy[$0] ?? []) })
    report.chart("shifts", chart, caption: "Means over the seeds; bands: a standard deviation.")
    for name in names {
      for (distance, value) in zip(shifts.distances, shifts.accuracy[name] ?? []) {
        report.value("shift.\(InductiveBias.key(name)).\(distance)", value)
      }
    }
  }

  private func describe(_ orders: Orders, in report: inout StudyReport) throws {
    let names = [Network.mlp, .cnn].map(\.rawValue)
    var grid = ImageGrid(tileHeight: images.side, tileWidth: images.side)
    for half in [images, try images.permuted(seed: 1)] {
      grid.addRow(try half.test.first(8).array("x").tensor)
    }
    report.picture(
      "permuted", grid.picture(),
      caption: "Test images, and the same with their pixels permuted: to an MLP one is as good as "
        + "the other.")
    report.table(
      "orders", ["training images"] + names + names.map { "\($0), permuted" },
      orders.counts.indices.map { index in
        [orders.counts[index].withCommas]
          + [orders.plain, orders.permuted].flatMap { accuracy in
            names.map { "\((accuracy[$0] ?? [])[index])" }
          }
      },
      caption: "Test accuracy by number of training images.")
    let x = orders.counts.map(Double.init)
    var chart = LineChart(
      title: "Accuracy with pixels in place and permuted", xLabel: "training images",
      yLabel: "test accuracy",
      series: names.map { InductiveBias.series($0, x, orders.plain[$0] ?? []) }
        + names.map { InductiveBias.series("\($0), permuted", x, orders.permuted[$0] ?? []) })
    chart.xScale = .logarithmic
    report.chart("orders", chart, caption: "Means over the seeds; bands: a standard deviation.")
    for (kind, accuracy) in [("plain", orders.plain), ("permuted", orders.permuted)] {
      for name in names {
        for (count, value) in zip(orders.counts, accuracy[name] ?? []) {
          report.value("\(kind).\(InductiveBias.key(name)).\(count)", value)
        }
      }
    }
  }

  private static func series(_ name: String, _ x: [Double], _ y: [Spread]) -> LineChart.Series {
    LineChart.Series(name, x: x, y: y.map(\.mean), spread: y.map(\.deviation))
  }

  /// A name in results.json.
  private static func key(_ name: String) -> String {
    name.filter { $0 != "," }.split(separator: " ").joined(separator: "-")
  }
}

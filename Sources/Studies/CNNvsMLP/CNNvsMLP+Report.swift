import Codegen
import GraphIR
import Runtime

extension CNNvsMLP {
  func describe(in report: inout StudyReport) throws {
    report.text(
      "Trained on \(images.train.count.withCommas) images and tested on \(images.test.count.withCommas) "
        + "others of \(images.side) x \(images.side) pixels. Both networks get the same number of "
        + "steps; the MLP never has fewer parameters than the CNN beside it.")
    describeBudgets(in: &report)
    describeImages(in: &report)
    describeLinearity(in: &report)
    report.heading("The CNN's C")
    report.text("What runs for one image, forward only, with four filters.")
    report.code(try source())
  }

  private func describeBudgets(in report: inout StudyReport) {
    let rows = zip(byParameters, mlpParameters).map { pair, parameters in
      [pair.size.withCommas, "\(pair.cnn)", parameters.withCommas, "\(pair.mlp)"]
    }
    report.table(
      "parameters", ["parameters of the CNN", "accuracy", "of the MLP", "accuracy"], rows,
      caption: "Test accuracy by number of parameters, all training images.")
    let regression = linearity.accuracy["softmax regression"] ?? Spread([.nan])
    var chart = CNNvsMLP.chart("Accuracy for parameters", "parameters", byParameters)
    chart.series.append(
      .init(
        "softmax regression", x: [Double(images.side * images.side * 10 + 10)],
        y: [regression.mean]))
    report.chart("parameters", chart, caption: "Means over the seeds; bands: a standard deviation.")
    for pair in byParameters {
      report.value("cnn.parameters.\(pair.size)", pair.cnn)
      report.value("mlp.parameters.\(pair.size)", pair.mlp)
    }
  }

  private func describeImages(in report: inout StudyReport) {
    report.table(
      "images", ["training images", "accuracy of the CNN", "of the MLP"],
      byImages.map { [$0.size.withCommas, "\($0.cnn)", "\($0.mlp)"] },
      caption: "Test accuracy by number of training images, \(width) filters.")
    report.chart(
      "images", CNNvsMLP.chart("Accuracy for images", "training images", byImages),
      caption: "As many steps for each number of images.")
    for pair in byImages {
      report.value("cnn.images.\(pair.size)", pair.cnn)
      report.value("mlp.images.\(pair.size)", pair.mlp)
    }
    if let needed = CNNvsMLP.imagesNeeded(byImages) { report.value("imagesNeeded", needed) }
  }

  private func describeLinearity(in report: inout StudyReport) {
    let names = weights.map(\.name)
    let none = Spread([.nan])
    report.table(
      "linearity", ["network", "accuracy", "largest error of W x + b"],
      names.map {
        [$0, "\(linearity.accuracy[$0] ?? none)", "\(linearity.error[$0] ?? none)"]
      },
      caption: "W and b are what the network makes of single pixels. The error is the largest of "
        + "all test images and classes, as a share of the largest logit.")
    var grid = ImageGrid(tileHeight: images.side, tileWidth: images.side)
    for (_, map) in weights { grid.addRow(map.pictures) }
    report.picture(
      "weights", grid.picture(),
      caption:
        "W, one tile a class from 0 to 9: white pixels speak for it, black ones against it. From the "
        + "top: \(names.joined(separator: ", ")). The last row says little: that network is no "
        + "matrix.")
    for name in names {
      let key = name.split(separator: " ").joined(separator: "-")
      report.value("accuracy.\(key)", linearity.accuracy[name] ?? none)
      report.value("error.\(key)", linearity.error[name] ?? none)
    }
  }

  private static func chart(_ title: String, _ unit: String, _ pairs: [Pair]) -> LineChart {
    let x = pairs.map { Double($0.size) }
    let series = { (name: String, values: [Spread]) in
      LineChart.Series(name, x: x, y: values.map(\.mean), spread: values.map(\.deviation))
    }
    var chart = LineChart(
      title: title, xLabel: unit, yLabel: "test accuracy",
      series: [series("CNN", pairs.map(\.cnn)), series("MLP", pairs.map(\.mlp))])
    chart.xScale = .logarithmic
    return chart
  }

  private func source() throws -> String {
    var graph = try CNNvsMLP.cnn(rows: 1, side: images.side, width: 4)
    graph.outputs.removeAll { $0.name != "logits" }
    return Compilation(graph, state: StateLayout([graph])).program.source
  }
}

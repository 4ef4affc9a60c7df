import Codegen
import GraphIR
import Runtime

extension ScalarLoss {
  static func describe(
    _ refusals: [Refusal], _ agreements: [Agreement], _ costs: Costs, _ ratios: [GradientCost],
    in report: inout StudyReport
  ) throws {
    report.heading("What the compiler says")
    let answers = refusals.map { "\($0.what)\n  \($0.message ?? "accepted")" }
    report.code(answers.joined(separator: "\n\n"))
    describe(agreements, in: &report)
    describe(costs, in: &report)
    describe(ratios, in: &report)
    report.heading("A vector-Jacobian product in C")
    report.text("The seed is an input like any other; y = tanh(x w), two outputs of three inputs.")
    report.code(try productInC())
  }

  private static func describe(_ agreements: [Agreement], in report: inout StudyReport) {
    report.heading("The Jacobian of a classifier")
    if let first = agreements.first {
      let width = first.image.count / first.height
      var grid = ImageGrid(tileHeight: first.height, tileWidth: width)
      let largest = first.rows.reduce(1e-300) { max($0, abs($1)) }
      // Gray is no influence, white raises the logit, black lowers it.
      let tiles = first.image.doubles + first.rows.map { 0.5 + 0.5 * $0 / largest }
      let count = tiles.count / first.image.count
      grid.scale = 3
      grid.addRow(Tensor(tiles.map { Float($0) }, shape: [count, first.height, width]))
      report.picture(
        "jacobian", grid.picture(),
        caption: "A test image, and the ten rows of its Jacobian as images, classes 0 to 9: white "
          + "pixels raise the class's logit, black ones lower it.")
    }
    let rows = agreements.enumerated().map { seed, agreement in
      ["\(seed)"] + [agreement.jacobian, agreement.seed, agreement.loss].map(figure)
    }
    report.table(
      "agreement", ["seed", "Jacobian", "product with a seed", "gradient of the loss"], rows,
      caption: "Reverse mode against central differences in f64: the largest difference as a share "
        + "of the largest element. The loss's gradient is compared with the rows weighted by "
        + "softmax minus one-hot, the seed that cross-entropy chooses.")
    report.value("jacobian.error", Spread(agreements.map(\.jacobian)))
    report.value("seed.error", Spread(agreements.map(\.seed)))
    report.value("loss.error", Spread(agreements.map(\.loss)))
  }

  private static func describe(_ costs: Costs, in report: inout StudyReport) {
    report.heading("What outputs cost")
    var chart = LineChart(
      title: "Time for derivatives of n outputs", xLabel: "outputs", yLabel: "microseconds")
    (chart.xScale, chart.yScale) = (.logarithmic, .logarithmic)
    for way in Way.allCases {
      let curve = costs.seconds[way] ?? []
      chart.series.append(
        .init(
          way.rawValue, x: costs.outputs.map(Double.init), y: curve.map { $0.mean * 1e6 },
          spread: curve.map { $0.deviation * 1e6 }))
      report.value("exponent.\(way)", costs.exponent(way))
      for (outputs, seconds) in zip(costs.outputs, curve) {
        report.value("seconds.\(way).\(outputs)", seconds)
      }
    }
    report.chart(
      "cost", chart,
      caption: "A network 784-256-256, derivatives of its first n outputs by the 784 inputs; bands "
        + "are a standard deviation over the seeds.")
    let rows = costs.outputs.enumerated().map { index, outputs in
      ["\(outputs)"]
        + Way.allCases.map { way in
          costs.seconds[way].map { figure($0[index].mean * 1e6) } ?? ""
        }
    }
    report.table(
      "cost", ["outputs"] + Way.allCases.map(\.rawValue), rows, caption: "Microseconds.")
  }

  private static func describe(_ ratios: [GradientCost], in report: inout StudyReport) {
    let rows = ratios.map { ["\($0.parameters)", "\($0.ratio)"] }
    report.table(
      "gradient-cost", ["parameters", "time of loss and gradient / loss"], rows,
      caption: "MLP classifiers, batch 64: all derivatives of one scalar.")
    for cost in ratios { report.value("gradient-cost.\(cost.parameters)", cost.ratio) }
  }

  private static func productInC() throws -> String {
    let builder = GraphBuilder("product")
    let x = builder.input("x", .f32, [1, 3])
    let w = builder.input("w", .f32, [3, 2])
    let seed = builder.input("seed", .f32, [1, 2])
    let y = matmul(x, w).tanh()
    let products = builder.vectorJacobianProduct(of: y, withRespectTo: [x], vector: seed)
    builder.output("product", products[0])
    let graph = try builder.build()
    return Compilation(graph, state: StateLayout([graph])).program.source
  }
}

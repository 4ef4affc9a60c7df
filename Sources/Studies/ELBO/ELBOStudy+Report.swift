import Foundation
import GraphIR
import Runtime

extension ELBOStudy {
  func describe(in report: inout StudyReport) throws {
    report.heading("A chain in which everything is normal")
    report.table(
      "identity", ["reverse chain", "x", "log p", "ELBO", "KL", "log p - ELBO - KL"],
      identities.map {
        [$0.chain, "\($0.x)"] + [$0.logLikelihood, $0.bound, $0.gap].map(figure)
          + [String(format: "%.0e", $0.logLikelihood - $0.bound - $0.gap)]
      },
      caption:
        "Ten steps, in nats. ELBO is the sum of its terms, each in closed form; KL is from the"
        + " means and covariances of both distributions of x_1...x_10.")
    for (index, identity) in identities.enumerated() {
      report.value("identity.\(index).gap", identity.gap)
    }
    report.heading("A diffusion of digits of \(model.image[1]) x \(model.image[2]) pixels")
    try bits(in: &report)
    chart(in: &report)
    if let trained { try pictures(trained, in: &report) }
  }

  private func bits(in report: inout StudyReport) throws {
    let steps = model.schedule.steps
    // Ranges that double, so that each is as wide in the chart.
    var edges = [1]
    while edges[edges.count - 1] < steps { edges.append(min(steps, 4 * edges[edges.count - 1])) }
    var rows = [("L_0, the pixels", Spread(terms.map { $0[0] }))]
    for (low, high) in zip(edges, edges.dropFirst()) {
      let sums = terms.map { $0[low..<high].reduce(0, +) }
      rows.append(("L_\(low) to L_\(high - 1)", Spread(sums)))
    }
    rows.append(("L_\(steps), the prior term", Spread(terms.map { $0[steps] })))
    rows.append(("-ELBO", bound))
    report.table(
      "terms", ["term", "bits a dimension", "share"],
      rows.map { [$0.0, "\($0.1)", String(format: "%.1f %%", 100 * $0.1.mean / bound.mean)] },
      caption: "On \(test.count) test digits; a dimension is a pixel of 8 bits. PNG needs"
        + " \(figure(try pngBits())) bits a pixel for them, all in one picture.")
    report.value("bits", bound)
    report.value("bits.L0", rows[0].1)
    report.value("bits.prior", prior.exact)
    report.value("bits.png", try pngBits())
    report.table(
      "schedules", ["schedule", "prior term, bits a dimension"],
      schedules.map { [$0.name, figure($0.bits)] },
      caption: "The prior term on test digits, by its formula, for other schedules of the noise.")
  }

  /// Bits a pixel of the test images as one PNG file, as a program for pictures stores them.
  private func pngBits() throws -> Double {
    let images = try test.array("x").tensor
    let (height, width) = (model.image[1], model.image[2])
    let pixels = images.doubles.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) }
    let picture = Picture(
      width: width, height: height * test.count, channels: 1, pixels: pixels)
    return 8 * Double(try picture.encodePNG().count) / Double(pixels.count)
  }

  private func chart(in report: inout StudyReport) {
    let steps = model.schedule.steps
    var chart = LineChart(
      title: "Terms of the bound", xLabel: "t", yLabel: "L_t, bits a dimension")
    (chart.xScale, chart.yScale) = (.logarithmic, .logarithmic)
    // Means over neighbours, a tenth of t wide: each t has few images.
    var (places, means, spreads) = ([Double](), [Double](), [Double]())
    var low = 1
    while low < steps {
      let high = min(steps, max(low + 1, low + low / 5))
      let values = Spread(
        terms.map { $0[low..<high].reduce(0, +) / Double(high - low) })
      places.append((Double(low) * Double(high - 1)).squareRoot())
      means.append(values.mean)
      spreads.append(values.deviation)
      low = high
    }
    chart.series = [
      .init("L_t of the network", x: places, y: means, spread: spreads),
      .init("prior term L_T", x: [Double(steps)], y: [prior.exact], isScatter: true),
    ]
    report.chart(
      "terms", chart, caption: "Mean over the seeds, and their standard deviation as a band.")
  }

  private func pictures(_ trained: TrainedDiffusion, in report: inout StudyReport) throws {
    var grid = ImageGrid(tileHeight: model.image[1], tileWidth: model.image[2])
    (grid.scale, grid.gap) = (4, 3)
    var strip = grid
    let columns = 12
    let samples = try trained.sample(columns * context.pick(4, quick: 1), seed: 0)
    for start in stride(from: 0, to: samples.shape[0], by: columns) {
      grid.addRow(samples.rows(start..<start + columns))
    }
    report.picture("samples", grid.picture(), caption: "Samples of the first seed's model.")
    let steps = model.schedule.steps
    let shares = [1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0]
    let watched = shares.map { max(1, Int(Double(steps) * $0)) }
    let count = 3
    var (noisy, clean) = ([Tensor](), [Tensor]())
    _ = try trained.sample(count, seed: 1) { t, x, predicted in
      guard watched.contains(t) else { return }
      noisy.append(x)
      clean.append(predicted)
    }
    for index in 0..<count {
      strip.addRow(Self.joined(noisy, index))
      strip.addRow(Self.joined(clean, index))
    }
    let list = watched.map(String.init).joined(separator: ", ")
    report.picture(
      "denoising", strip.picture(),
      caption: "Three samples on their way, from left to right t = \(list). Upper rows x_t, lower"
        + " rows the image that the network expects in it.")
  }

  private static func joined(_ tensors: [Tensor], _ index: Int) -> Tensor {
    let values = tensors.flatMap { $0.rows(index..<index + 1).doubles.map { Float($0) } }
    return Tensor(values, shape: [values.count])
  }
}

import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct PicturesTests {
  @Test func writesPNG() throws {
    let gray = Picture(width: 3, height: 2, channels: 1, pixels: [0, 128, 255, 1, 2, 3])
    let bytes = try gray.encodePNG()
    #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]))
    // Width, height, bits a channel and the kind (0 gray, 2 color) of the header chunk.
    #expect(bytes[16..<26].elementsEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 0]))
    let color = Picture(width: 1, height: 1, channels: 3, pixels: [255, 0, 9])
    #expect(try color.encodePNG()[16..<26].elementsEqual([0, 0, 0, 1, 0, 0, 0, 1, 8, 2]))
    #expect(try gray.encodePNG() == bytes)
    let none = Picture(width: 0, height: 0, channels: 1, pixels: [])
    #expect(message { _ = try none.encodePNG(file: "p.png") }.hasPrefix("p.png: cannot be written"))
  }

  @Test func laysTilesOut() {
    var grid = ImageGrid(tileHeight: 1, tileWidth: 2)
    grid.scale = 2
    grid.gap = 1
    grid.background = 9
    grid.addRow(Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [3, 1, 2]), limit: 2)
    grid.addRow(Tensor([-1, .nan] as [Float], shape: [1, 2]))
    let picture = grid.picture()
    #expect(picture.width == 11 && picture.height == 7 && picture.channels == 1)
    let rows: [[UInt8]] = [
      [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
      [9, 1, 1, 2, 2, 9, 3, 3, 4, 4, 9],
      [9, 1, 1, 2, 2, 9, 3, 3, 4, 4, 9],
      [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
      [9, 0, 0, 128, 128, 9, 9, 9, 9, 9, 9],
      [9, 0, 0, 128, 128, 9, 9, 9, 9, 9, 9],
      [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
    ]
    #expect(picture.pixels == rows.flatMap { $0 })
  }

  /// The texts of an SVG in their order.
  func texts(_ svg: String) -> [String] {
    svg.split(separator: "\n").filter { $0.hasPrefix("<text") }.map { line in
      let start = line.firstIndex(of: ">").map { line.index(after: $0) } ?? line.endIndex
      return String(line[start...].dropLast("</text>".count))
    }
  }

  @Test func matricesHaveGraysAndNames() {
    let chart = MatrixChart(
      title: "a < b", rows: ["x", "y"], columns: ["l'", "m", "n"],
      values: [[0, 1, 0.5], [-2, 7, .nan]])
    let svg = chart.svg()
    let fills = svg.split(separator: "\n").filter { $0.hasPrefix("<rect") }.map { line in
      String(line.split(separator: "rgb(")[1].prefix { $0 != "," })
    }
    #expect(fills == ["0", "255", "128", "0", "255"])
    #expect(texts(svg) == ["a &lt; b", "l&#39;", "m", "n", "x", "y"])
    #expect(MatrixChart(title: "", rows: [], columns: [], values: []).svg().hasSuffix("</svg>\n"))
  }

  func chart(_ y: [Double], scale: LineChart.Scale = .linear) -> LineChart {
    var chart = LineChart(title: "", xLabel: "", yLabel: "", series: [.init("", y: y)])
    chart.yScale = scale
    return chart
  }

  @Test func ticksAreRoundNumbers() {
    #expect(
      texts(chart([0.021, 0.113, 0.05]).svg()).prefix(6) == [
        "0.02", "0.04", "0.06", "0.08", "0.10", "0.12",
      ])
    #expect(texts(chart([-3, 7]).svg()).prefix(6) == ["-4", "-2", "0", "2", "4", "6"])
    #expect(texts(chart([0, 4_000_000]).svg()).prefix(3) == ["0", "1e6", "2e6"])
    #expect(
      texts(chart([1e-5, 3], scale: .logarithmic).svg()).prefix(7)
        == ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10"])
    #expect(
      texts(chart([0.3, 3], scale: .logarithmic).svg()).prefix(5) == ["0.2", "0.5", "1", "2", "5"])
  }

  @Test func namesAreEscaped() {
    var chart = LineChart(title: "a < b & \"c\"", xLabel: "</svg>", yLabel: "'\u{1}")
    chart.series = [.init("<&>", y: [1, 2])]
    let svg = chart.svg()
    #expect(svg.contains(">a &lt; b &amp; &quot;c&quot;</text>"))
    #expect(svg.contains(">&lt;/svg&gt;</text>") && svg.contains(">&#39; </text>"))
    #expect(svg.contains(">&lt;&amp;&gt;</text>"))
  }

  /// Every coordinate must be a finite number, whatever the data.
  @Test func survivesStrangeData() {
    let strange: [[Double]] = [
      [], [.nan], [1], [0, 0], [5, 5, 5], [-1e299, 1e299], [1e308, -1e308, .infinity],
      [.leastNonzeroMagnitude, 0], [1, 1 + 1e-15], [1e-299, 1e299], [1e15, 1e15 + 1], [-1, -2],
      [0, .nan, 1, .nan, 2],
    ]
    for data in strange {
      for scale in [LineChart.Scale.linear, .logarithmic] {
        let svg = chart(data, scale: scale).svg()
        #expect(svg.hasSuffix("</svg>\n"))
        #expect(!svg.contains("nan") && !svg.contains("inf"), "\(data)")
      }
    }
    #expect(
      chart([0, .nan, 1, 2, .nan, 3, 4]).svg().components(separatedBy: "<polyline").count == 3)
  }

  @Test func bandsAndPointsAreDrawn() {
    var band = LineChart(title: "", xLabel: "", yLabel: "")
    band.series = [.init("", x: [0, 1, 2], y: [1, 2, 3], spread: [0.5, 0.5, 4])]
    let svg = band.svg()
    #expect(svg.contains("<polygon") && svg.contains("<polyline"))
    // The axis has room for the band.
    #expect(texts(svg).contains("-2") && texts(svg).contains("8"))
    var points = LineChart(title: "", xLabel: "", yLabel: "")
    let x = (0..<100).map(Double.init)
    points.series = [.init("", x: x, y: x, isScatter: true)]
    #expect(!points.svg().contains("<polyline"))
    #expect(points.svg().components(separatedBy: "<circle").count == 101)
  }

  @Test func longSeriesAreThinned() {
    let wave = (0..<200_000).map { sin(Double($0) / 50) }
    let svg = chart(wave).svg()
    #expect(svg.utf8.count < 100_000)
    #expect(chart(wave).svg() == svg)
  }
}

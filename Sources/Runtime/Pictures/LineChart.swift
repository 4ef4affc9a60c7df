import Foundation

/// Curves over common axes, as an SVG picture.
///
/// The background is left out and the grays are middle ones, so that it suits light and dark pages.
public struct LineChart: Sendable {
  public enum Scale: Sendable { case linear, logarithmic }

  public struct Series: Sendable {
    public let name: String
    public let x: [Double]
    public let y: [Double]
    /// Half the height of a band around the line, such as a standard deviation; empty for none.
    public let spread: [Double]
    /// Whether there are only points, which no line joins.
    public let isScatter: Bool

    /// As many `x` as `y`, in the order of the line. What is no finite number interrupts it.
    public init(
      _ name: String, x: [Double], y: [Double], spread: [Double] = [], isScatter: Bool = false
    ) {
      precondition(x.count == y.count, "LineChart: \(x.count) x for \(y.count) y")
      precondition(
        spread.isEmpty || spread.count == y.count,
        "LineChart: \(spread.count) spreads for \(y.count) y")
      self.name = name
      self.x = x
      self.y = y
      self.spread = spread
      self.isScatter = isScatter
    }

    /// The values at 0, 1, 2 and so on.
    public init(_ name: String, y: [Double]) {
      self.init(name, x: y.indices.map(Double.init), y: y)
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var xScale = Scale.linear
  public var yScale = Scale.linear
  public var width = 720
  public var height = 420
  public var series: [Series]

  public init(title: String, xLabel: String, yLabel: String, series: [Series] = []) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
  }

  /// Writes the picture; errors: `DataError.cannotWrite`.
  public func write(to path: String) throws {
    try AtomicFile.write(Array(svg().utf8), to: path)
  }

  /// The picture as SVG text, the same chart always as the same text.
  public func svg() -> String {
    let xAxis = ChartAxis(
      series.lazy.flatMap(\.x), isLogarithmic: xScale == .logarithmic, isRounded: false)
    let yAxis = ChartAxis(
      series.lazy.flatMap { $0.y + $0.low + $0.high }, isLogarithmic: yScale == .logarithmic,
      isRounded: true)
    let legend = LegendLayout(series.map(\.name), width: Double(width) - 40)
    let labelWidth = yAxis.ticks.map { textWidth($0.label, size: 12) }.max() ?? 0
    let plot = PlotArea(
      left: labelWidth + (yLabel.isEmpty ? 24 : 46), right: Double(width) - 24,
      top: 46 + legend.height, bottom: Double(height) - (xLabel.isEmpty ? 32 : 52))

    var svg = SVGText(width: width, height: height)
    svg.text(title, x: 20, y: 28, size: 16, anchor: "start", style: "font-weight=\"600\"")
    for (index, place) in legend.places.enumerated() {
      let (x, y) = (20 + place.x, 50 + place.y)
      svg.line(
        x, y - 4, x + 18, y - 4, color: LineChart.color(index), width: 2.5,
        isDashed: LineChart.isDashed(index))
      svg.text(series[index].name, x: x + 24, y: y, size: 12, anchor: "start")
    }
    for tick in yAxis.ticks {
      let y = plot.y(yAxis.position(tick.value))
      svg.line(plot.left, y, plot.right, y, color: axisColor, width: 1, opacity: 0.25)
      svg.text(tick.label, x: plot.left - 8, y: y + 4, size: 12, anchor: "end")
    }
    var nextFree = -Double.infinity
    for tick in xAxis.ticks {
      let x = plot.x(xAxis.position(tick.value))
      svg.line(x, plot.bottom, x, plot.bottom + 5, color: axisColor, width: 1)
      let half = textWidth(tick.label, size: 12) / 2
      guard x - half >= nextFree else { continue }
      svg.text(tick.label, x: x, y: plot.bottom + 19, size: 12, anchor: "middle")
      nextFree = x + half + 8
    }
    svg.line(plot.left, plot.bottom, plot.right, plot.bottom, color: axisColor, width: 1)
    let middle = (plot.left + plot.right) / 2
    svg.text(xLabel, x: middle, y: plot.bottom + 40, size: 13, anchor: "middle")
    svg.text(
      yLabel, x: 20, y: (plot.top + plot.bottom) / 2, size: 13, anchor: "middle", isUpward: true)
    for (index, series) in series.enumerated() {
      let edges = [series.low, series.high].map { y in
        runs(of: Series("", x: series.spread.isEmpty ? [] : series.x, y: y), xAxis, yAxis, plot)
      }
      for (low, high) in zip(edges[0], edges[1]) where low.count == high.count {
        svg.area(low + high.reversed(), color: LineChart.color(index))
      }
    }
    for (index, series) in series.enumerated() {
      for run in runs(of: series, xAxis, yAxis, plot) {
        if series.isScatter {
          svg.dots(run, color: LineChart.color(index), isHollow: LineChart.isDashed(index))
          continue
        }
        svg.curve(run, color: LineChart.color(index), isDashed: LineChart.isDashed(index))
      }
    }
    return svg.closed()
  }

  /// Colors that people with any color vision tell apart, on white and on black (Okabe and Ito).
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

  private static func color(_ index: Int) -> String { colors[index % colors.count] }

  /// The second time that the colors come around.
  private static func isDashed(_ index: Int) -> Bool { index / colors.count % 2 == 1 }

  /// The drawable stretches of a series in picture coordinates.
  private func runs(
    of series: Series, _ xAxis: ChartAxis, _ yAxis: ChartAxis, _ plot: PlotArea
  ) -> [[(x: Double, y: Double)]] {
    var runs: [[(x: Double, y: Double)]] = []
    var isOpen = false
    for (x, y) in zip(series.x, series.y) {
      guard xAxis.isDrawable(x), yAxis.isDrawable(y) else {
        isOpen = false
        continue
      }
      if !isOpen { runs.append([]) }
      isOpen = true
      runs[runs.count - 1].append((plot.x(xAxis.position(x)), plot.y(yAxis.position(y))))
    }
    return runs.map(thinned)
  }

  /// At most the first, lowest, highest and last point of each half pixel of width, which looks the
  /// same.
  private func thinned(_ run: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard run.count > 4 * width else { return run }
    var result: [(x: Double, y: Double)] = []
    var start = 0
    while start < run.count {
      let cell = (run[start].x * 2).rounded(.down)
      var end = start
      var (lowest, highest) = (start, start)
      while end < run.count, (run[end].x * 2).rounded(.down) == cell {
        if run[end].y < run[lowest].y { lowest = end }
        if run[end].y > run[highest].y { highest = end }
        end += 1
      }
      for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(run[index]) }
      start = end
    }
    return result
  }
}

extension LineChart.Series {
  /// The lower and upper edge of the band, nothing where there is none.
  fileprivate var low: [Double] { zip(y, spread).map { $0 - $1 } }
  fileprivate var high: [Double] { zip(y, spread).map { $0 + $1 } }
}

/// The rectangle that the curves fill, in picture coordinates.
private struct PlotArea {
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  func x(_ position: Double) -> Double { left + position * (right - left) }
  func y(_ position: Double) -> Double { bottom - position * (bottom - top) }
}

/// Where each name of the legend stands, in lines under the title.
private struct LegendLayout {
  private(set) var places: [(x: Double, y: Double)] = []
  private(set) var height = 0.0

  init(_ names: [String], width: Double) {
    var (x, y) = (0.0, 0.0)
    for name in names {
      let needed = 24 + textWidth(name, size: 12) + 18
      if x > 0, x + needed > width { (x, y) = (0, y + 18) }
      places.append((x, y))
      x += needed
    }
    if !names.isEmpty { height = y + 20 }
  }
}

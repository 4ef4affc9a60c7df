import Foundation

/// Codes of two numbers as a map: each image's class as a numeral where its code lies.
struct CodeMap {
  let title: String
  /// First and second number of each code, and the class.
  let codes: [(x: Double, y: Double, digit: Int)]

  private static let size = 560.0
  /// Okabe and Ito's, and darker ones of the same hues; the numerals tell them apart anyway.
  private static let colors = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c564b",
    "#5d8a00", "#c0392b",
  ]

  /// Both axes have one scale; a circle shows where 86 % of the prior's mass lie, within 2 of 0.
  func svg() -> String {
    // A few codes far out would push the others together.
    let distances = codes.flatMap { [abs($0.x), abs($0.y)] }.sorted()
    let far = distances.isEmpty ? 3 : distances[(distances.count - 1) * 99 / 100]
    let reach = max(3, far.rounded(.up))
    let (size, middle) = (Self.size, Self.size / 2)
    let unit = (middle - 30) / reach
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(size))\" height=\"\(Int(size))\" "
      + "viewBox=\"0 0 \(Int(size)) \(Int(size))\" "
      + "font-family=\"system-ui, Helvetica, Arial, sans-serif\" font-size=\"11\" "
      + "fill=\"#76808a\">\n<g stroke=\"#8a9199\" stroke-opacity=\"0.5\" fill=\"none\">"
      + "<path d=\"M0 \(middle)H\(size)M\(middle) 0V\(size)\"/>"
      + "<circle cx=\"\(middle)\" cy=\"\(middle)\" r=\"\(Self.short(2 * unit))\" "
      + "stroke-dasharray=\"5 4\" stroke-opacity=\"1\"/></g>\n"
      + "<text x=\"12\" y=\"22\" font-size=\"16\" font-weight=\"600\">\(title)</text>\n"
    let step = reach > 40 ? 20.0 : reach > 16 ? 10 : reach > 8 ? 4 : 2
    for mark in stride(from: step, through: reach, by: step) {
      for value in [mark, -mark] {
        svg += Self.text("\(Int(value))", middle + value * unit, middle + 14)
        svg += Self.text("\(Int(value))", middle + 12, middle - value * unit + 4)
      }
    }
    for (x, y, digit) in codes where max(abs(x), abs(y)) <= reach {
      let color = "fill=\"\(Self.colors[digit % 10])\""
      svg += Self.text("\(digit)", middle + x * unit, middle - y * unit + 4, color)
    }
    return svg + "</svg>\n"
  }

  private static func text(
    _ text: String, _ x: Double, _ y: Double, _ style: String = ""
  ) -> String {
    "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"middle\" \(style)>\(text)</text>\n"
  }

  private static func short(_ value: Double) -> String { String(format: "%.1f", value) }
}

import Foundation

let axisColor = "#8a9199"
private let textColor = "#76808a"

/// SVG markup that grows element by element.
struct SVGText {
  private var text: String

  init(width: Int, height: Int) {
    text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
      + "viewBox=\"0 0 \(width) \(height)\" "
      + "font-family=\"system-ui, Helvetica, Arial, sans-serif\" fill=\"\(textColor)\">\n"
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double,
    opacity: Double = 1, isDashed: Bool = false
  ) {
    text +=
      "<line x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\" "
      + "stroke=\"\(color)\" stroke-width=\"\(short(width))\""
      + (opacity < 1 ? " stroke-opacity=\"\(short(opacity))\"" : "")
      + (isDashed ? " stroke-dasharray=\"6 4\"/>\n" : "/>\n")
  }

  /// Nothing for an empty string. `style` is further attributes, as markup.
  mutating func text(
    _ string: String, x: Double, y: Double, size: Int, anchor: String, isUpward: Bool = false,
    style: String = ""
  ) {
    if string.isEmpty { return }
    let place = "x=\"\(short(x))\" y=\"\(short(y))\""
    let turn = isUpward ? " transform=\"rotate(-90 \(short(x)) \(short(y)))\"" : ""
    let extra = style.isEmpty ? "" : " " + style
    text +=
      "<text \(place) font-size=\"\(size)\" text-anchor=\"\(anchor)\"\(turn)\(extra)>"
      + "\(SVGText.escaped(string))</text>\n"
  }

  /// A line through the points, which few points mark by dots.
  mutating func curve(_ points: [(x: Double, y: Double)], color: String, isDashed: Bool) {
    if points.count > 1 {
      let places = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
      text +=
        "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" "
        + "stroke-linejoin=\"round\" stroke-linecap=\"round\""
        + (isDashed ? " stroke-dasharray=\"6 4\"/>\n" : "/>\n")
    }
    if points.count > 24 { return }
    for point in points {
      text +=
        "<circle cx=\"\(short(point.x))\" cy=\"\(short(point.y))\" r=\"3\" fill=\"\(color)\"/>\n"
    }
  }

  /// A see-through area within the points.
  mutating func area(_ points: [(x: Double, y: Double)], color: String) {
    let places = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    text += "<polygon points=\"\(places)\" fill=\"\(color)\" fill-opacity=\"0.18\"/>\n"
  }

  /// Points that no line joins.
  mutating func dots(_ points: [(x: Double, y: Double)], color: String, isHollow: Bool) {
    let look =
      isHollow ? "fill=\"none\" stroke=\"\(color)\"" : "fill=\"\(color)\" fill-opacity=\"0.7\""
    for point in points {
      text += "<circle cx=\"\(short(point.x))\" cy=\"\(short(point.y))\" r=\"2.5\" \(look)/>\n"
    }
  }

  /// A square with a thin frame, which shows on a page of the same gray.
  mutating func cell(_ x: Double, _ y: Double, size: Double, gray: Int) {
    text +=
      "<rect x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(size))\" "
      + "height=\"\(short(size))\" fill=\"rgb(\(gray),\(gray),\(gray))\" "
      + "stroke=\"\(axisColor)\" stroke-width=\"0.5\"/>\n"
  }

  func closed() -> String { text + "</svg>\n" }

  /// `text` as XML character data, characters that XML forbids replaced.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\u{0}"..<" ", "\u{fffe}", "\u{ffff}": escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// A coordinate to a hundredth, without needless zeros.
  private func short(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}

/// About how wide `text` is in a usual sans-serif font of `size`.
func textWidth(_ text: String, size: Double) -> Double {
  text.reduce(0) { width, character in
    if "iljtfr.,:;'|! ".contains(character) { return width + 0.36 }
    return width + ("mwMW@%".contains(character) ? 0.95 : 0.64)
  } * size
}

import Foundation

/// A JSON object on one line, its keys in the order in which they were added.
struct JSONLine {
  private var fields: [String] = []

  mutating func add(_ key: String, _ value: String) {
    addRaw(key, Self.quoted(value))
  }

  mutating func add(_ key: String, _ value: Int) { addRaw(key, "\(value)") }

  /// Rounded to so many digits behind the point; NaN and infinity as Python's `json` has them.
  mutating func add(_ key: String, _ value: Double, digits: Int) {
    addRaw(key, Self.number(value, digits: digits))
  }

  /// As the shortest numbers that read back to the same bits.
  mutating func add(_ key: String, _ values: [Float]) {
    addRaw(key, "[" + values.map(Self.exact).joined(separator: ", ") + "]")
  }

  mutating func add(_ key: String, _ values: [String]) {
    addRaw(key, "[" + values.map(Self.quoted).joined(separator: ", ") + "]")
  }

  mutating func add(_ key: String, _ object: JSONLine) { addRaw(key, object.text) }

  var text: String { "{" + fields.joined(separator: ", ") + "}" }

  private mutating func addRaw(_ key: String, _ value: String) {
    fields.append("\(Self.quoted(key)): \(value)")
  }

  private static func number(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return exact(Float(value)) }
    let text = String(format: "%.\(digits)f", value)
    guard text.contains(".") else { return text }
    let short = text.reversed().drop { $0 == "0" }
    return String((short.first == "." ? short.dropFirst() : short).reversed())
  }

  private static func exact(_ value: Float) -> String {
    if value.isNaN { return "NaN" }
    return value.isFinite ? value.description : value < 0 ? "-Infinity" : "Infinity"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 32: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

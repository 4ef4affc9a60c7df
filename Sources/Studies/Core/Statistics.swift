import Foundation

/// Values of one figure from several seeds.
public struct Spread: Hashable, Sendable, CustomStringConvertible {
  public let values: [Double]

  public init(_ values: [Double]) { self.values = values }

  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// The sample standard deviation; 0 for a single value.
  public var deviation: Double {
    guard values.count > 1 else { return 0 }
    let mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The standard deviation of the mean; 0 for a single value.
  public var standardError: Double { deviation / Double(values.count).squareRoot() }

  /// `0.912 ± 0.004`, or the value where there is only one.
  public var description: String {
    values.count > 1 ? "\(figure(mean)) ± \(figure(deviation))" : figure(mean)
  }

  /// Whether this mean is above the other by more than chance makes likely: twice the standard
  /// error of the difference, and at least `margin`.
  public func isAbove(_ other: Spread, margin: Double) -> Bool {
    let errors = standardError * standardError + other.standardError * other.standardError
    return mean - other.mean > max(margin, 2 * errors.squareRoot())
  }
}

/// A number as people read it: three significant digits or more.
public func figure(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  let size = abs(value)
  if size == 0 { return "0" }
  if size >= 1e6 || size < 1e-3 { return String(format: "%.2e", value) }
  if size >= 1000 { return String(format: "%.0f", value) }
  if size >= 100 { return String(format: "%.1f", value) }
  if size >= 10 { return String(format: "%.2f", value) }
  return String(format: size >= 1 ? "%.3f" : "%.4f", value)
}

/// The exponent b of y = a x^b: the slope of the least-squares line through the logarithms.
public func fittedExponent(_ x: [Double], _ y: [Double]) -> Double {
  let points = zip(x, y).map { (log($0), log($1)) }
  let count = Double(points.count)
  let mean = points.reduce((0, 0)) { ($0.0 + $1.0 / count, $0.1 + $1.1 / count) }
  let products = points.reduce(0) { $0 + ($1.0 - mean.0) * ($1.1 - mean.1) }
  let squares = points.reduce(0) { $0 + ($1.0 - mean.0) * ($1.0 - mean.0) }
  return products / squares
}

import Foundation

/// How the values of one direction of a chart become positions.
struct ChartAxis {
  struct Tick {
    let value: Double
    let label: String
  }

  let isLogarithmic: Bool
  private(set) var ticks: [Tick] = []
  /// The ends, as logarithms where the axis is logarithmic.
  private var low: Double
  private var high: Double

  /// Spans `values`, those that cannot be drawn left out; `isRounded` widens it to whole ticks.
  init(_ values: some Sequence<Double>, isLogarithmic: Bool, isRounded: Bool) {
    self.isLogarithmic = isLogarithmic
    (low, high) = (.infinity, -.infinity)
    for value in values where ChartAxis.isDrawable(value, isLogarithmic: isLogarithmic) {
      let place = isLogarithmic ? log10(value) : value
      low = min(low, place)
      high = max(high, place)
    }
    if low > high { (low, high) = (0, 1) }
    let magnitude = max(abs(low), abs(high))
    let smallest = isLogarithmic ? 1e-6 : max(magnitude * 1e-9, 1e-300)
    if high - low < smallest {
      // All values are the same: the line runs through the middle.
      let margin = isLogarithmic || abs(low) < 1e-200 ? 0.5 : abs(low) / 2
      (low, high) = (low - margin, high + margin)
    }
    ticks = isLogarithmic ? decades(isRounded) : steps(isRounded)
  }

  /// Whether a value has a place on an axis; huge ones are left out, their differences overflow.
  static func isDrawable(_ value: Double, isLogarithmic: Bool) -> Bool {
    abs(value) < 1e300 && (!isLogarithmic || value > 1e-300)
  }

  func isDrawable(_ value: Double) -> Bool {
    ChartAxis.isDrawable(value, isLogarithmic: isLogarithmic)
  }

  /// 0 at the low end, 1 at the high.
  func position(_ value: Double) -> Double {
    ((isLogarithmic ? log10(value) : value) - low) / (high - low)
  }

  /// Ticks at the multiples of 1, 2 or 5 times a power of ten that make about six.
  private mutating func steps(_ isRounded: Bool) -> [Tick] {
    let rough = (high - low) / 6
    let power = pow(10, floor(log10(rough)))
    let step = power * ([1, 2, 5].first { $0 * power >= rough * 0.8 } ?? 10)
    if isRounded {
      low = (low / step + 1e-9).rounded(.down) * step
      high = (high / step - 1e-9).rounded(.up) * step
    } else {
      // 1,999 steps deserve a tick at 2,000.
      let next = (high / step).rounded(.up) * step
      if next - high < (high - low) * 0.02 { high = next }
    }
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    guard first <= last else { return [] }
    let largest = max(abs(low), abs(high))
    return (first...last).map { multiple in
      let value = Double(multiple) * step
      return Tick(value: value, label: ChartAxis.label(value, step: step, largest: largest))
    }
  }

  /// Ticks at powers of ten, or at 1, 2 and 5 times them where the axis is short.
  private mutating func decades(_ isRounded: Bool) -> [Tick] {
    let isShort = high - low < 3.2
    let factors: [Double] = isShort ? [1, 2, 5] : [1]
    let stride = max(1, Int(((high - low) / 7).rounded()))
    var places: [Double] = []
    for power in Int(low.rounded(.down)) - 1...Int(high.rounded(.up)) + 1 {
      guard power % stride == 0 else { continue }
      places += factors.map { Double(power) + log10($0) }
    }
    if isRounded {
      low = places.last { $0 <= low + 1e-9 } ?? low
      high = places.first { $0 >= high - 1e-9 } ?? high
    }
    return places.filter { $0 >= low - 1e-9 && $0 <= high + 1e-9 }.map { place in
      let power = Int((place + 1e-9).rounded(.down))
      let factor = pow(10, place - Double(power)).rounded()
      let value = factor * pow(10, Double(power))
      let isPlain = (-3...5).contains(power)
      let label =
        isPlain
        ? String(format: "%.*f", max(0, -power), value) : String(format: "%.0fe%d", factor, power)
      return Tick(value: value, label: label)
    }
  }

  private static func label(_ value: Double, step: Double, largest: Double) -> String {
    if value == 0 { return "0" }
    if largest >= 1e6 || step < 1e-4 {
      let digits = max(
        0, Int((log10(largest) + 1e-9).rounded(.down) - (log10(step) + 1e-9).rounded(.down)))
      let text = String(format: "%.*e", digits, value)
      let parts = text.split(separator: "e")
      return "\(parts[0])e\(Int(parts[1]) ?? 0)"
    }
    let decimals = max(0, Int(-(log10(step) + 1e-9).rounded(.down)))
    return String(format: "%.*f", decimals, value)
  }
}

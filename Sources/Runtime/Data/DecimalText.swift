/// Decimal numbers out of text, correctly rounded to f32.
///
/// Most numbers have few digits, so their value as a double, off by a few units in the last place
/// at most, rounds to the right float unless it lies beside the middle between two floats. Only
/// then, and for unusual exponents, the exact and slow conversion of the standard library runs.
enum DecimalText {
  /// The number that `text` spells in full; nil for anything else and for what overflows.
  ///
  /// `nan` is a number, infinities and hexadecimal numbers are not.
  static func float(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Float? {
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    var hasDigits = false
    var index = text.startIndex
    let end = text.endIndex
    let isNegative = index < end && text[index] == UInt8(ascii: "-")
    if isNegative || (index < end && text[index] == UInt8(ascii: "+")) { index += 1 }
    var isFraction = false
    while index < end {
      let byte = text[index]
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        hasDigits = true
        // 19 digits fit in 64 bits; those that follow change less than the last place of a double.
        if digitCount < 19 {
          digits = digits &* 10 &+ UInt64(digit)
          if digits > 0 { digitCount += 1 }
          if isFraction { exponent -= 1 }
        } else if !isFraction {
          exponent += 1
        }
      } else if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else {
        break
      }
      index += 1
    }
    guard hasDigits else { return notANumber(text) }
    if index < end {
      guard text[index] | 0x20 == UInt8(ascii: "e"),
        let power = integer(text[(index + 1)..<end])
      else { return nil }
      exponent += power
    }
    if digits == 0 { return isNegative ? -0.0 : 0 }
    return quick(digits, exponent, isNegative) ?? exact(text)
  }

  private static func quick(_ digits: UInt64, _ exponent: Int, _ isNegative: Bool) -> Float? {
    guard abs(exponent) < powers.count else { return nil }
    let power = powers[abs(exponent)]
    let value = exponent < 0 ? Double(digits) / power : Double(digits) * power
    guard value >= Double(Float.leastNormalMagnitude), value <= 1e38 else { return nil }
    // The 29 bits that a float lacks; in the middle, only the first of them is set.
    let lost = Int(value.bitPattern & 0x1fff_ffff)
    if abs(lost - 0x1000_0000) < 16 { return nil }
    return Float(isNegative ? -value : value)
  }

  /// The powers of ten that a double holds exactly.
  private static let powers: [Double] = (0...22).map { power in
    (0..<power).reduce(1.0) { product, _ in product * 10 }
  }

  private static func exact(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Float? {
    guard let value = Float(String(decoding: text, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }

  private static func notANumber(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Float? {
    text.elementsEqual("nan".utf8) || text.elementsEqual("NaN".utf8)
      || text.elementsEqual("NAN".utf8) ? .nan : nil
  }

  /// A signed integer; beyond 9,999 all are the same to a float's exponent.
  private static func integer(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var digits = text
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    guard !digits.isEmpty else { return nil }
    var value = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = min(value * 10 + Int(digit), 9_999)
    }
    return isNegative ? -value : value
  }
}

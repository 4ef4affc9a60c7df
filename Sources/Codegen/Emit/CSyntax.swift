import GraphIR

/// The only place that knows how C spells things.
enum CSyntax {
  static func type(_ dtype: DType) -> String {
    switch dtype {
    case .f32: "float"
    case .f64: "double"
    case .i32: "int"
    case .i64: "long long"
    case .bool, .u8: "unsigned char"
    }
  }

  /// The suffix of the kernels for an element type.
  static func suffix(_ dtype: DType) -> String {
    switch dtype {
    case .f32: "f32"
    case .f64: "f64"
    case .i32: "i32"
    case .i64: "i64"
    case .bool, .u8: "b8"
    }
  }

  /// The suffix of the kernels that only move bits.
  static func bits(_ dtype: DType) -> String { String(dtype.size * 8) }

  /// A constant that reads back as the same bits.
  static func literal(_ value: Double) -> String { floating(value, "") }

  /// A tensor's elements as constants that read back as the same bits.
  static func literals(_ tensor: Tensor) -> [String] {
    switch tensor.dtype {
    case .f32: tensor.values(as: Float.self).map { floating(Double($0), "f") }
    case .f64: tensor.values(as: Double.self).map { floating($0, "") }
    case .i32:
      tensor.values(as: Int32.self).map { $0 == .min ? "(-2147483647 - 1)" : String($0) }
    case .i64:
      tensor.values(as: Int64.self).map {
        $0 == .min ? "(-9223372036854775807LL - 1)" : "\($0)LL"
      }
    case .bool, .u8: tensor.bytes.map(String.init)
    }
  }

  private static func floating(_ value: Double, _ suffix: String) -> String {
    if value.isNaN { return "(0.0\(suffix) / 0.0\(suffix))" }
    if value.isInfinite {
      return value < 0 ? "(-1.0\(suffix) / 0.0\(suffix))" : "(1.0\(suffix) / 0.0\(suffix))"
    }
    if value == value.rounded(), abs(value) < 0x1p20 {
      let sign = value.sign == .minus ? "-" : ""
      return "\(sign)\(Int(abs(value))).0\(suffix)"
    }
    let exponent = value.exponent
    let digits = String(value.significandBitPattern | 1 << 52, radix: 16)
    // One hex digit before the point: 0x1.8p+1.
    let fraction = trimZeros(String(digits.dropFirst()))
    let sign = value.sign == .minus ? "-" : ""
    if value.isSubnormal {
      let bits = String(value.significandBitPattern, radix: 16)
      return "\(sign)0x\(bits)p-1074\(suffix)"
    }
    let point = fraction.isEmpty ? "" : ".\(fraction)"
    return "\(sign)0x1\(point)p\(exponent < 0 ? "" : "+")\(exponent)\(suffix)"
  }

  private static func trimZeros(_ digits: String) -> String {
    var digits = digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return digits
  }

  /// Text of the model made harmless inside a comment: no line breaks, no comment marks, no
  /// trigraphs, nothing but printable ASCII, at most 200 characters.
  static func comment(_ text: String) -> String {
    var result: [UInt8] = []
    var last: UInt8 = 0
    for byte in text.utf8.prefix(200) {
      let isPlain = byte >= 32 && byte < 127
      let isMark =
        (last == UInt8(ascii: "*") && byte == UInt8(ascii: "/"))
        || (last == UInt8(ascii: "/") && byte == UInt8(ascii: "*"))
        || (last == UInt8(ascii: "?") && byte == UInt8(ascii: "?"))
      if isMark { result.append(UInt8(ascii: " ")) }
      last = isPlain ? byte : UInt8(ascii: "_")
      result.append(last)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// A list in parentheses, in lines of at most 100 columns at two levels of indentation.
  static func wrapped(_ head: String, _ items: [String], _ tail: String) -> [String] {
    var lines: [String] = []
    var line = items.isEmpty ? head + tail : head
    for (index, item) in items.enumerated() {
      let text = index == items.count - 1 ? item + tail : item + ","
      let isFirst = index == 0
      if !isFirst, line.utf8.count + 1 + text.utf8.count > 96 {
        lines.append(line)
        line = "  " + text
      } else {
        line += isFirst ? text : " " + text
      }
    }
    return lines + [line]
  }

  /// Sum of terms, those with factor 0 left out: `v3 + r * 512 + c`.
  static func sum(_ terms: [(String, Int)], constant: Int = 0) -> String {
    var parts = terms.filter { $0.1 != 0 }.map { name, factor in
      factor == 1 ? name : "\(name) * \(factor)"
    }
    guard constant < 0, !parts.isEmpty else {
      if constant != 0 { parts.append(String(constant)) }
      return parts.joined(separator: " + ")
    }
    return parts.joined(separator: " + ") + " - \(constant.magnitude)"
  }
}

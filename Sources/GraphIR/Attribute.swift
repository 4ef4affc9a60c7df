/// A named attribute of an op, as the text form has it.
public struct Attribute: Hashable, Sendable {
  public let name: String
  public let value: AttributeValue

  public init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

public enum AttributeValue: Hashable, Sendable {
  case bool(Bool)
  case int(Int)
  case ints([Int])
  case double(Double)
  case doubles([Double])
  case string(String)
}

/// Reads an op's attributes by name; what is missing, of another kind or left over is an error.
public struct AttributeReader {
  private var values: [String: AttributeValue]

  public init(_ attributes: [Attribute]) throws(OpError) {
    values = [:]
    for attribute in attributes {
      if values.updateValue(attribute.value, forKey: attribute.name) != nil {
        throw OpError("attribute '\(attribute.name)' is given twice")
      }
    }
  }

  public mutating func bool(_ name: String) throws(OpError) -> Bool {
    guard case .bool(let value) = try take(name) else { throw wrong(name, "true or false") }
    return value
  }

  public mutating func int(_ name: String) throws(OpError) -> Int {
    guard case .int(let value) = try take(name) else { throw wrong(name, "an integer") }
    return value
  }

  public mutating func ints(_ name: String) throws(OpError) -> [Int] {
    switch try take(name) {
    case .ints(let value): return value
    case .doubles(let value) where value.isEmpty: return []
    default: throw wrong(name, "a list of integers")
    }
  }

  public mutating func double(_ name: String) throws(OpError) -> Double {
    switch try take(name) {
    case .double(let value): return value
    case .int(let value): return Double(value)
    default: throw wrong(name, "a number")
    }
  }

  public mutating func doubles(_ name: String) throws(OpError) -> [Double] {
    switch try take(name) {
    case .doubles(let value): return value
    case .ints(let value): return value.map(Double.init)
    default: throw wrong(name, "a list of numbers")
    }
  }

  public mutating func string(_ name: String) throws(OpError) -> String {
    guard case .string(let value) = try take(name) else { throw wrong(name, "a string") }
    return value
  }

  public mutating func dtype(_ name: String) throws(OpError) -> DType {
    let text = try string(name)
    guard let dtype = DType(rawValue: text) else { throw wrong(name, "an element type") }
    return dtype
  }

  /// Whether the attribute is there and not yet read.
  public func has(_ name: String) -> Bool { values[name] != nil }

  /// Throws if an attribute was not read.
  public func finish() throws(OpError) {
    if let name = values.keys.min() { throw OpError("unknown attribute '\(name)'") }
  }

  private mutating func take(_ name: String) throws(OpError) -> AttributeValue {
    guard let value = values.removeValue(forKey: name) else {
      throw OpError("attribute '\(name)' is missing")
    }
    return value
  }

  private func wrong(_ name: String, _ expected: String) -> OpError {
    OpError("attribute '\(name)' must be \(expected)")
  }
}

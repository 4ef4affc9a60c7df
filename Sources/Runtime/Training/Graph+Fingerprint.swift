import GraphIR

extension Graph {
  /// A number that two graphs share only if they compute the same: ops, attributes and types, but
  /// neither labels nor places in a source file (FNV-1a, 64 bits).
  var fingerprint: UInt64 {
    var hash = Fingerprint()
    for node in nodes {
      hash.add(node.op.name)
      for attribute in node.op.attributes { hash.add(attribute) }
      for operand in node.operands { hash.add(operand.index) }
      hash.add("\(node.type)")
    }
    for output in outputs {
      hash.add(output.name)
      hash.add(output.value.index)
    }
    for update in updates {
      hash.add(update.variable.index)
      hash.add(update.value.index)
    }
    return hash.value
  }
}

private struct Fingerprint {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  /// Texts end with a byte that UTF-8 does not have, so that none runs into the next.
  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte: byte) }
    add(byte: 0xff)
  }

  mutating func add(bits: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      add(byte: UInt8(truncatingIfNeeded: bits >> shift))
    }
  }

  mutating func add(_ number: Int) { add(bits: UInt64(bitPattern: Int64(number))) }

  mutating func add(_ attribute: Attribute) {
    add(attribute.name)
    switch attribute.value {
    case .bool(let value): add(value ? 1 : 0)
    case .int(let value): add(value)
    case .ints(let values): for value in values { add(value) }
    case .double(let value): add(bits: value.bitPattern)
    case .doubles(let values): for value in values { add(bits: value.bitPattern) }
    case .string(let value): add(value)
    }
  }
}

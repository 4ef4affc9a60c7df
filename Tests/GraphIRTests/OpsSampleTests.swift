import GraphIR
import Testing

/// What holds for every op of the table, on each of its samples.
@Suite struct OpsSampleTests {
  /// An operand that no op takes in addition.
  static let stranger = TensorType(.bool, [2, 3, 2, 3, 2, 3, 2])

  @Test(arguments: OpTable.entries.map(\.name)) func samples(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for sample in entry.samples() {
      #expect(sample.op.name == name)
      let types = sample.operands.map(\.type)
      let type = try sample.op.resultType(types)
      #expect(type.shape.isValid, "\(sample.label)")
      let values = sample.op.reference(sample.draw(seed: 1), type)
      #expect(values.count == type.shape.count, "\(sample.label)")

      var reader = try AttributeReader(sample.op.attributes)
      let copy = try entry.make(&reader)
      try reader.finish()
      #expect(AnyHashable(copy) == AnyHashable(sample.op), "\(sample.label)")

      #expect(throws: OpError.self, "\(sample.label)") {
        try sample.op.resultType(types + [Self.stranger])
      }
      if !types.isEmpty {
        #expect(throws: OpError.self, "\(sample.label)") { try sample.op.resultType([]) }
      }
    }
  }

  @Test(arguments: OpTable.entries.map(\.name)) func missingAttributes(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    guard let op = entry.samples().first?.op, let first = op.attributes.first else { return }
    var reader = try AttributeReader(Array(op.attributes.dropFirst()))
    // A random op's shape may be missing: it is then the other operand's.
    #expect(throws: OpError("attribute '\(first.name)' is missing")) { try entry.make(&reader) }
  }

  /// An affine view reads only elements that its operand has, and the right ones.
  @Test(arguments: OpTable.entries.map(\.name)) func viewsAgreeWithTheirReference(_ name: String)
    throws
  {
    for sample in try #require(OpTable.entry(named: name)).samples() {
      let types = sample.operands.map(\.type)
      guard case .view(let map) = sample.op.computation(types) else { continue }
      let operand = sample.draw(seed: 2)[0]
      let type = try sample.op.resultType(types)
      try #require(map.strides.count == type.shape.rank, "\(sample.label)")
      let values = sample.op.reference([operand], type)
      for element in 0..<type.shape.count {
        var (rest, offset) = (element, map.offset)
        for axis in type.shape.dims.indices.reversed() {
          offset += rest % type.shape[axis] * map.strides[axis]
          rest /= type.shape[axis]
        }
        try #require(operand.values.indices.contains(offset), "\(sample.label)")
        #expect(operand.values[offset] == values[element], "\(sample.label)")
      }
    }
  }

  @Test func everyOpThatComputesHasSamples() {
    let sources = ["input", "variable", "constant"]
    let without = OpTable.entries.filter { $0.samples().isEmpty }.map(\.name)
    #expect(without == sources)
  }
}

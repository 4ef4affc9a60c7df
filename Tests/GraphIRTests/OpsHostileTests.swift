import GraphIR
import Testing

/// Attributes and operands that no model has but a file may: an op refuses them or gives a type,
/// and never traps.
@Suite struct OpsHostileTests {
  static let integers = [
    Int.min, Int.min + 1, -Shape.maximumCount, -2, -1, 0, 1, 2, 7, 255, 1 << 31,
    Shape.maximumCount, Shape.maximumCount + 1, 1 << 62, Int.max - 1, Int.max,
  ]

  static let types: [TensorType] = {
    let large = Shape.maximumCount
    let shapes: [Shape] = [
      [], [0], [1], [3], [large], [1, large], [large, 1], [0, large], [1 << 20, 1 << 20],
      [2, 3, 4], [1, 1, 1, 1, 1, 1, 1, 1], [2, 1, 1, 1, 1, 1, 1, 2],
    ]
    return shapes.flatMap { shape in
      [DType.f32, .i64, .bool, .u8].map { TensorType($0, shape) }
    }
  }()

  @Test(arguments: OpTable.entries.map(\.name)) func attributes(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for sample in entry.samples().prefix(40) {
      let types = sample.operands.map(\.type)
      for (place, attribute) in sample.op.attributes.enumerated() {
        for value in mutations(of: attribute.value) {
          var attributes = sample.op.attributes
          attributes[place] = Attribute(attribute.name, value)
          tryOut(entry, attributes, types)
        }
      }
    }
  }

  @Test(arguments: OpTable.entries.map(\.name)) func operands(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for sample in entry.samples().prefix(40) {
      let types = sample.operands.map(\.type)
      for type in Self.types {
        tryOut(entry, sample.op.attributes, types.map { _ in type })
        for place in types.indices {
          var changed = types
          changed[place] = type
          tryOut(entry, sample.op.attributes, changed)
        }
      }
    }
  }

  /// Refused with an `OpError`, or a type and a computation.
  private func tryOut(
    _ entry: OpEntry, _ attributes: [Attribute], _ types: [TensorType]
  ) {
    do {
      var reader = try AttributeReader(attributes)
      let op = try entry.make(&reader)
      let type = try op.resultType(types)
      _ = op.computation(types)
      // An elementwise result is bounded where the graph is built.
      if !(op is Elementwise), !type.shape.isValid {
        Issue.record("\(op.name)\(attributes) of \(types) gives \(type)")
      }
    } catch {
      // Refused.
    }
  }

  private func mutations(of value: AttributeValue) -> [AttributeValue] {
    switch value {
    case .int: Self.integers.map { .int($0) } + [.string("1"), .bool(true)]
    case .ints(let list):
      Self.integers.flatMap { integer in
        list.indices.map { place in
          var list = list
          list[place] = integer
          return .ints(list)
        } + [.ints(list + [integer]), .ints([integer, integer])]
      } + [.ints([]), .ints(Array(repeating: 1, count: 9)), .string("")]
    case .double, .doubles: [.double(.nan), .double(.infinity), .double(-.infinity), .bool(false)]
    case .bool: [.int(1), .string("true")]
    case .string: [.string(""), .string("complex64"), .string("bool"), .int(0)]
    }
  }
}

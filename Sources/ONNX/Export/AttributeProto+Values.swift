import Foundation

extension AttributeProto {
  static func int(_ name: String, _ value: Int) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .int
      $0.i = Int64(value)
    }
  }

  static func flag(_ name: String, _ value: Bool) -> AttributeProto { int(name, value ? 1 : 0) }

  static func ints(_ name: String, _ values: [Int]) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .ints
      $0.ints = values.map { Int64($0) }
    }
  }

  static func float(_ name: String, _ value: Double) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .float
      $0.f = Float(value)
    }
  }

  static func string(_ name: String, _ value: String) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .string
      $0.s = Data(value.utf8)
    }
  }

  static func tensor(_ name: String, _ value: ONNXTensor) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .tensor
      $0.t = value.proto(name: "")
    }
  }

  static func graph(_ name: String, _ value: GraphProto) -> AttributeProto {
    with {
      $0.name = name
      $0.type = .graph
      $0.g = value
    }
  }
}

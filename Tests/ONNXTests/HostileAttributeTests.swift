import Foundation
import ONNX
import SwiftProtobuf
import Testing

/// Attributes and sizes beyond all sense: an error, no trap and no endless table.
struct HostileAttributeTests {
  /// The model of one node with an input x of `dims`.
  private func expectError(
    _ op: String, _ dims: [Int64], inputs: [String] = ["x"], attributes: [AttributeProto] = [],
    initializers: [TensorProto] = []
  ) throws {
    var model = ModelProto()
    model.irVersion = 8
    model.opsetImport = [OperatorSetIdProto.with { $0.version = 20 }]
    model.graph.node = [
      NodeProto.with {
        $0.opType = op
        $0.input = inputs
        $0.output = ["y"]
        $0.attribute = attributes
      }
    ]
    model.graph.input = [ModelFileTests.value("x", dims)]
    model.graph.initializer = initializers
    model.graph.output = [ModelFileTests.value("y", [])]
    let bytes: [UInt8] = try model.serializedBytes()
    let file = try ONNXModelFile.parse(bytes, path: "m")
    let error = #expect(throws: ImportError.self) {
      try ONNXImport.run(file, options: ImportOptions())
    }
    #expect(error?.description.contains("node 'y' (\(op))") == true)
  }

  private func integers(_ name: String, _ values: [Int64]) -> TensorProto {
    TensorProto.with {
      $0.name = name
      $0.dims = [Int64(values.count)]
      $0.dataType = 7
      $0.int64Data = values
    }
  }

  @Test(arguments: ["DepthToSpace", "SpaceToDepth"], [Int64.min, -1, 0, 1 << 40, Int64.max])
  func blocks(_ op: String, _ size: Int64) throws {
    let block = AttributeProto.with {
      $0.name = "blocksize"
      $0.type = .int
      $0.i = size
    }
    try expectError(op, [1, 4, 2, 2], attributes: [block])
  }

  @Test func billionsOfParts() throws {
    let count = AttributeProto.with {
      $0.name = "num_outputs"
      $0.type = .int
      $0.i = 1 << 32
    }
    try expectError("Split", [7], attributes: [count])
  }

  @Test func gridOfBillions() throws {
    try expectError(
      "AffineGrid", [2, 2, 3], inputs: ["x", "size"],
      initializers: [integers("size", [2, 3, 1 << 32, 6])])
  }

  @Test(arguments: ["reflect", "edge", "wrap"]) func paddingOfBillions(_ mode: String) throws {
    let attribute = AttributeProto.with {
      $0.name = "mode"
      $0.type = .string
      $0.s = Data(mode.utf8)
    }
    try expectError(
      "Pad", [2, 3], inputs: ["x", "pads"], attributes: [attribute],
      initializers: [integers("pads", [0, 1 << 31, 0, 0])])
  }

  @Test func windowThatDoesNotFit() throws {
    func attribute(_ name: String, _ values: [Int64]) -> AttributeProto {
      AttributeProto.with {
        $0.name = name
        $0.type = .ints
        $0.ints = values
      }
    }
    try expectError(
      "AveragePool", [1, 1, 5, 5],
      attributes: [attribute("kernel_shape", [5, 5]), attribute("pads", [2, -3, 2, 2])])
  }
}

import Foundation
import ONNX
import SwiftProtobuf
import Testing

/// The schema's field numbers, held against bytes written by hand.
struct SchemaTests {
  @Test func readsFieldsByTheirPublishedNumbers() throws {
    // ir_version 8, opset_import {version 20}, graph {node {input "x", output "y", op_type "Relu"}}.
    let node: [UInt8] = [0x0a, 1, 0x78, 0x12, 1, 0x79, 0x22, 4] + Array("Relu".utf8)
    let graph: [UInt8] = [0x0a, UInt8(node.count)] + node
    let bytes: [UInt8] =
      [0x08, 8, 0x42, 2, 0x10, 20, 0x3a, UInt8(graph.count)] + graph

    let model = try ModelProto(serializedBytes: bytes)

    #expect(model.irVersion == 8)
    #expect(model.opsetImport.map(\.version) == [20])
    #expect(model.graph.node.map(\.opType) == ["Relu"])
    #expect(model.graph.node.first?.input == ["x"])
    #expect(model.graph.node.first?.output == ["y"])
  }

  @Test func tellsUnsetFieldsFromZeros() throws {
    let unset = try AttributeProto(serializedBytes: [0x0a, 1, 0x61] as [UInt8])
    let zero = try AttributeProto(serializedBytes: [0x0a, 1, 0x61, 0x18, 0] as [UInt8])
    #expect(!unset.hasI && !unset.hasType)
    #expect(zero.hasI && zero.i == 0)
  }
}

import Foundation
import GraphIR
import ONNX
import Runtime
import SwiftProtobuf
import TestSupport
import Testing

/// Model files: what is read, what is refused, and data outside the file.
struct ModelFileTests {
  /// A model y = relu(x w + b), with tensors of several types.
  static func model() -> ModelProto {
    var model = ModelProto()
    model.irVersion = 8
    model.opsetImport = [OperatorSetIdProto.with { $0.version = 17 }]
    let weights = Tensor((0..<12).map { Float($0) / 4 }, shape: [3, 4])
    model.graph.initializer = [
      ONNXTensor(.float, weights).proto(name: "w"),
      TensorProto.with {
        $0.name = "b"
        $0.dims = [4]
        $0.dataType = 1
        $0.floatData = [1, 2, 3, 4]
      },
      ONNXTensor(.float16, weights).proto(name: "half"),
      TensorProto.with {
        $0.name = "axes"
        $0.dims = [2]
        $0.dataType = 7
        $0.int64Data = [0, -1]
      },
    ]
    model.graph.node = [
      node("MatMul", ["x", "w"], "p"), node("Add", ["p", "b"], "q"), node("Relu", ["q"], "y"),
    ]
    model.graph.input = [value("x", [2, 3])]
    model.graph.output = [value("y", [2, 4])]
    return model
  }

  private static func node(_ op: String, _ inputs: [String], _ output: String) -> NodeProto {
    NodeProto.with {
      $0.opType = op
      $0.input = inputs
      $0.output = [output]
    }
  }

  static func value(_ name: String, _ dims: [Int64]) -> ValueInfoProto {
    ValueInfoProto.with {
      $0.name = name
      $0.type.tensorType.elemType = 1
      $0.type.tensorType.shape.dim = dims.map { size in
        TensorShapeProto.Dimension.with { $0.dimValue = size }
      }
    }
  }

  static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/dlc-onnx-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func readsWhatItWrites() throws {
    try Self.withFolder { folder in
      let path = folder + "/m.onnx"
      try ONNXModelFile.write(Self.model(), to: path)
      let loaded = try ONNXModelFile.read(path)
      #expect(loaded.model == Self.model())
      let bias = try loaded.tensor(loaded.model.graph.initializer[1])
      #expect(bias.tensor == Tensor([1, 2, 3, 4] as [Float], shape: [4]))
    }
  }

  @Test func refusesWhatIsNoModel() throws {
    let error = { (bytes: [UInt8]) in
      #expect(throws: ONNXError.self) { try ONNXModelFile.parse(bytes, path: "m") }
        .map { "\($0)" } ?? "none"
    }
    #expect(error([]) == "m: is no ONNX model: it holds no graph")
    #expect(error(Array("no model".utf8)).hasPrefix("m: is no ONNX file: "))
    let bytes: [UInt8] = try Self.model().serializedBytes()
    #expect(
      error(Array(bytes.dropLast())).hasSuffix("it ends early where a onnx.ModelProto belongs"))
    let missing = #expect(throws: ONNXError.self) { try ONNXModelFile.read("/nowhere/m.onnx") }
    #expect("\(missing!)".hasPrefix("/nowhere/m.onnx: cannot be read: No such file"))
  }

  @Test func refusesDeepNesting() throws {
    var graph = GraphProto()
    for _ in 0..<40 {
      let inner = graph
      graph = GraphProto()
      graph.node = [
        NodeProto.with { $0.attribute = [AttributeProto.with { $0.g = inner }] }
      ]
    }
    let bytes: [UInt8] = try ModelProto.with { $0.graph = graph }.serializedBytes()
    let error = #expect(throws: ONNXError.self) { try ONNXModelFile.parse(bytes, path: "m") }
    #expect("\(error!)".contains("nested more than 100 deep"))
  }

  @Test func readsDataOutsideTheFile() throws {
    try Self.withFolder { folder in
      try AtomicFile.write([9, 9, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 7], to: folder + "/sub/w.bin")
      var proto = external(["location": "sub/w.bin", "offset": "2", "length": "8"])
      let file = folder + "/m.onnx"
      let expected = Tensor([1.5, -2] as [Float], shape: [2])
      #expect(try ONNXTensor(proto, file: file).tensor == expected)
      proto = external(["location": "sub/w.bin", "offset": "2"])
      #expect(try ONNXTensor(proto, file: file).tensor == expected)
    }
  }

  private func external(_ place: [String: String]) -> TensorProto {
    TensorProto.with {
      $0.name = "w"
      $0.dims = [2]
      $0.dataType = 1
      $0.dataLocation = .external
      $0.externalData = place.sorted { $0.key < $1.key }.map { key, value in
        StringStringEntryProto.with {
          $0.key = key
          $0.value = value
        }
      }
    }
  }

  @Test func refusesDataThatAreNotBesideTheModel() throws {
    try Self.withFolder { folder in
      try AtomicFile.write([UInt8](repeating: 0, count: 64), to: folder + "/secret")
      try AtomicFile.write([UInt8](repeating: 0, count: 64), to: folder + "/model/w.bin")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/model/link", withDestinationPath: folder + "/secret")
      let error = { (place: [String: String]) in
        #expect(throws: ONNXError.self, "\(place)") {
          try ONNXTensor(self.external(place), file: folder + "/model/m.onnx")
        }.map { "\($0)".replacingOccurrences(of: folder + "/model/", with: "") } ?? "none"
      }
      let start = "m.onnx: tensor 'w' has its data outside the file: "
      #expect(error([:]).hasPrefix(start + "its location is missing"))
      for location in ["../secret", "/etc/passwd", "a/../../secret", ".."] {
        #expect(
          error(["location": location])
            == start + "its location '\(location)' is not below the model's folder")
      }
      #expect(
        error(["location": "link"]) == start + "'link' is a link out of the model's folder")
      #expect(
        error(["location": "none"]) == start + "'none' cannot be read: No such file or directory")
      #expect(
        error(["location": "w.bin", "length": "7"]).contains("has 7 bytes of data in 'w.bin'"))
      #expect(error(["location": "w.bin", "offset": "-8"]).contains("its offset is '-8'"))
      #expect(error(["location": "w.bin", "offset": "57"]).contains("ends after 64 bytes"))
      #expect(error(["location": "w.bin", "offset": "\(Int.max)"]).contains("ends after 64 bytes"))
    }
  }

  @Test func fillsSparseTensorsWithZeros() throws {
    var sparse = SparseTensorProto()
    sparse.dims = [2, 3]
    sparse.values = ONNXTensor(storing: Tensor([5, 6] as [Float], shape: [2])).proto(name: "s")
    sparse.indices = ONNXTensor(storing: Tensor([1, 5] as [Int64], shape: [2])).proto(name: "")
    let expected = Tensor([0, 5, 0, 0, 0, 6] as [Float], shape: [2, 3])
    #expect(try ONNXTensor(sparse, file: "f").tensor == expected)
    let rows = Tensor([0, 1, 1, 2] as [Int64], shape: [2, 2])
    sparse.indices = ONNXTensor(storing: rows).proto(name: "")
    #expect(try ONNXTensor(sparse, file: "f").tensor == expected)
    for outside in [6, -1] as [Int64] {
      let places = Tensor([1, outside], shape: [2])
      sparse.indices = ONNXTensor(storing: places).proto(name: "")
      let error = #expect(throws: ONNXError.self) { try ONNXTensor(sparse, file: "f") }
      #expect("\(error!)" == "f: sparse tensor 's' has value 1 outside [2, 3]")
    }
  }

  @Test func survivesDamagedFiles() throws {
    let bytes: [UInt8] = try Self.model().serializedBytes()
    let refused = fuzz(bytes, count: 1000, seed: 12, expecting: ONNXError.self) { damaged in
      let loaded = try ONNXModelFile.parse(damaged, path: "m")
      for proto in loaded.model.graph.initializer { _ = try loaded.tensor(proto) }
    }
    #expect(refused > 300)
  }
}

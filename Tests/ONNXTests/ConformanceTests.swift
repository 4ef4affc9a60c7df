import Foundation
import GraphIR
import ONNX
import Runtime
import SwiftProtobuf
import Testing

/// Cases in folders: which are found, and what becomes of them.
struct ConformanceTests {
  private static let input = Tensor([-1, 0, 2] as [Float], shape: [3])

  /// Writes a case with one node of `op` on x, expecting `output`.
  private func write(
    _ op: String, expecting output: Tensor, tolerance: String? = nil, to folder: String
  ) throws {
    var model = ModelProto()
    model.irVersion = 8
    model.opsetImport = [OperatorSetIdProto.with { $0.version = 17 }]
    model.graph.node = [
      NodeProto.with {
        $0.opType = op
        $0.input = ["x"]
        $0.output = ["y"]
      }
    ]
    model.graph.input = [ModelFileTests.value("x", [3])]
    model.graph.output = [ModelFileTests.value("y", [3])]
    try ONNXModelFile.write(model, to: folder + "/model.onnx")
    let set = folder + "/test_data_set_0"
    try ONNXTensor(storing: Self.input).write(name: "x", to: set + "/input_0.pb")
    try ONNXTensor(storing: output).write(name: "y", to: set + "/output_0.pb")
    guard let tolerance else { return }
    try AtomicFile.write(Array(tolerance.utf8), to: folder + "/tolerance.json")
  }

  private func verdict(_ folder: String) throws -> String {
    let testCase = ConformanceCase(folder: folder)
    let verdict = ConformanceJudge.judge(testCase)
    let line = verdict.line(testCase.label)
    #expect(ConformanceVerdict(line: line, label: testCase.label) == verdict)
    return line
  }

  @Test func judgesCases() throws {
    let relu = Tensor([0, 0, 2] as [Float], shape: [3])
    let off = Tensor([0, 0, 2.5] as [Float], shape: [3])
    try ModelFileTests.withFolder { folder in
      let kind = folder + "/node"
      try write("Relu", expecting: relu, to: kind + "/a")
      #expect(try verdict(kind + "/a") == "PASS node/a")
      try write("Relu", expecting: off, to: kind + "/b")
      #expect(
        try verdict(kind + "/b")
          == "FAIL node/b output 'y' worst element [2]: 2.0, expected 2.5")
      try write("Relu", expecting: off, tolerance: #"{"rtol": 0.2, "atol": 0}"#, to: kind + "/c")
      #expect(try verdict(kind + "/c") == "PASS node/c")
      try write("Relu", expecting: relu.reshaped([3, 1]), to: kind + "/d")
      #expect(
        try verdict(kind + "/d") == "FAIL node/d output 'y' has shape [3], expected [3, 1]")
      let doubles = Tensor([0, 0, 2] as [Double], shape: [3])
      try write("Relu", expecting: doubles, to: kind + "/e")
      #expect(try verdict(kind + "/e") == "FAIL node/e output 'y' is float, expected double")
      try write("Rolu", expecting: relu, to: kind + "/f")
      #expect(try verdict(kind + "/f").hasPrefix("UNSUPPORTED node/f node 'y' (Rolu): "))
      try write("Relu", expecting: off, tolerance: #"{"tensors_only": false}"#, to: kind + "/g")
      #expect(try verdict(kind + "/g").hasPrefix("UNSUPPORTED node/g not only tensors; "))
      try write("Relu", expecting: off, tolerance: "{", to: kind + "/h")
      #expect(try verdict(kind + "/h").contains("is not the JSON of a tolerance"))

      let labels = try ConformanceCase.find(in: folder).map(\.label)
      #expect(labels == ["a", "b", "c", "d", "e", "f", "g", "h"].map { "node/\($0)" })
      #expect(try ConformanceCase.find(in: kind).map(\.label) == labels)
      #expect(try ConformanceCase.find(in: kind + "/a/").map(\.label) == ["node/a"])
      #expect(throws: ONNXError.self) { try ConformanceCase.find(in: kind + "/a/test_data_set_0") }
      #expect(throws: ONNXError.self) { try ConformanceCase.find(in: folder + "/none") }
    }
  }

  @Test func equalsNaNAndInfinity() throws {
    let extremes = Tensor([.nan, .infinity, -.infinity] as [Float], shape: [3])
    let others = Tensor([.nan, .infinity, 1e30] as [Float], shape: [3])
    try ModelFileTests.withFolder { folder in
      for (name, expected) in [("a", extremes), ("b", others)] {
        let path = folder + "/k/" + name
        try write("Identity", expecting: expected, to: path)
        try ONNXTensor(storing: extremes).write(
          name: "x", to: path + "/test_data_set_0/input_0.pb")
      }
      #expect(try verdict(folder + "/k/a") == "PASS k/a")
      #expect(try verdict(folder + "/k/b").hasPrefix("FAIL k/b output 'y' worst element [2]: -inf"))
    }
  }
}

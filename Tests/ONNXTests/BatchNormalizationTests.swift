import GraphIR
import ONNX
import SwiftProtobuf
import TestSupport
import Testing

struct BatchNormalizationTests {
  /// Before opset 14 five outputs, with no attribute, mean the statistics of the batch.
  @Test(arguments: [Int64(9), 13], [false, true])
  func fiveOutputsTrain(_ opset: Int64, _ isTraining: Bool) throws {
    var model = ModelProto()
    model.irVersion = 8
    model.opsetImport = [OperatorSetIdProto.with { $0.version = opset }]
    let outputs = ["y", "mean", "variance", "saved mean", "saved variance"]
    let inputs = ["x", "gain", "bias", "old mean", "old variance"]
    model.graph.node = [
      NodeProto.with {
        $0.opType = "BatchNormalization"
        $0.input = inputs
        $0.output = outputs
      }
    ]
    model.graph.input = inputs.map { ModelFileTests.value($0, $0 == "x" ? [2, 1] : [1]) }
    model.graph.output = outputs.map { ModelFileTests.value($0, $0 == "y" ? [2, 1] : [1]) }
    let bytes: [UInt8] = try model.serializedBytes()
    var options = ImportOptions()
    options.isTraining = isTraining
    let imported = try ONNXImport.run(ONNXModelFile.parse(bytes, path: "m"), options: options)
    let given: [String: Tensor] = [
      "x": Tensor([1, 3] as [Float], shape: [2, 1]),
      "gain": Tensor([2] as [Float], shape: [1]), "bias": Tensor([5] as [Float], shape: [1]),
      "old mean": Tensor([10] as [Float], shape: [1]),
      "old variance": Tensor([20] as [Float], shape: [1]),
    ]
    let found = try CompiledRun(imported.graph).executable.run(given)
    let y = try #require(found["y"]).doubles
    #expect(abs(y[0] - 3) < 1e-4 && abs(y[1] - 7) < 1e-4, "\(y)")
    let mean = try #require(found["mean"]).doubles[0]
    #expect(abs(mean - (0.9 * 10 + 0.1 * 2)) < 1e-5)
    #expect(try #require(found["saved mean"]).doubles == [2])
  }
}

import Foundation
import GraphIR
import ONNX
import Testing

/// One of ONNX's own cases for an operator: a model of one node, its inputs and its outputs.
struct OperatorCase: CustomTestStringConvertible {
  let name: String

  var testDescription: String { name }

  static let all: [OperatorCase] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    return (names ?? []).sorted().map { OperatorCase(name: $0) }
  }()

  private static var folder: String {
    (Bundle.module.resourcePath ?? ".") + "/Fixtures/cases"
  }

  private var folder: String { "\(Self.folder)/\(name)" }

  private func tensors(_ prefix: String, _ count: Int) throws -> [ONNXTensor] {
    try (0..<count).map { try ONNXTensor.read("\(folder)/\(prefix)_\($0).pb") }
  }

  /// The imported model, its inputs by name, and what its outputs must be.
  func imported() throws -> (model: ImportedModel, inputs: [String: Tensor], expected: [Tensor]) {
    let file = try ONNXModelFile.read("\(folder)/model.onnx")
    let names = file.model.graph.input.map(\.name)
    let given = try tensors("input", names.count)
    var options = ImportOptions()
    options.inputs = Dictionary(uniqueKeysWithValues: zip(names, given))
    let model = try ONNXImport.run(file, options: options)
    let expected = try tensors("output", model.outputs.count).map(\.tensor)
    return (model, options.inputs.mapValues(\.tensor), expected)
  }
}

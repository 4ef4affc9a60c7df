import Codegen
import Foundation
import GraphIR
import Runtime

/// Runs cases in this process.
///
/// Each is imported for its inputs, compiled, run on one thread and compared.
public enum ConformanceJudge {
  public static func judge(_ testCase: ConformanceCase) -> ConformanceVerdict {
    var isTensorsOnly = true
    do {
      let tolerance = try testCase.tolerance()
      isTensorsOnly = tolerance.isTensorsOnly
      let model = try ONNXModelFile.read(testCase.folder + "/model.onnx")
      let sets = try testCase.dataSets()
      guard !sets.isEmpty else { return .unsupported("has no test_data_set_0") }
      for folder in sets {
        let verdict = try judge(model, folder, tolerance)
        guard verdict == .pass else {
          if case .fail(let reason) = verdict, !isTensorsOnly {
            return .unsupported("not only tensors; \(reason)")
          }
          return verdict
        }
      }
      return .pass
    } catch let error as ImportError {
      if case .unsupported(let nodes) = error {
        return .unsupported(nodes.map(\.description).joined(separator: "; "))
      }
      return isTensorsOnly ? .fail("\(error)") : .unsupported("not only tensors; \(error)")
    } catch ONNXError.elementType(_, let tensor, let found) {
      return .unsupported("\(found) of '\(tensor)'")
    } catch {
      return isTensorsOnly ? .fail("\(error)") : .unsupported("not only tensors; \(error)")
    }
  }

  private static func judge(
    _ model: LoadedModel, _ folder: String, _ tolerance: ConformanceCase.Tolerance
  ) throws -> ConformanceVerdict {
    let initialized = Set(
      model.model.graph.initializer.map(\.name)
        + model.model.graph.sparseInitializer.map(\.values.name))
    // Old models list their initializers among the inputs, too.
    let names = model.model.graph.input.map(\.name).filter { !initialized.contains($0) }
    var options = ImportOptions()
    for (index, name) in names.enumerated() {
      let path = "\(folder)/input_\(index).pb"
      guard FileManager.default.fileExists(atPath: path) else {
        return .unsupported("input '\(name)' is no tensor")
      }
      options.inputs[name] = try ONNXTensor.read(path)
    }
    let imported = try ONNXImport.run(model, options: options)
    let results = try run(imported, options.inputs.mapValues(\.tensor))
    for (index, output) in imported.outputs.enumerated() {
      let path = "\(folder)/output_\(index).pb"
      guard FileManager.default.fileExists(atPath: path) else {
        return .unsupported("output '\(output.name)' is no tensor")
      }
      let expected = try ONNXTensor.read(path)
      guard let tensor = results[output.name] else {
        return .fail("output '\(output.name)' is missing")
      }
      let found = ONNXTensor(output.elementType, tensor).rounded
      guard let difference = found.difference(from: expected, tolerance) else { continue }
      let reason = "output '\(output.name)' \(difference.text)"
      let isRandom = imported.graph.nodes.contains { $0.op is Random }
      if difference.isOfValues && isRandom {
        return .unsupported("random numbers are those of no other library; \(reason)")
      }
      return .fail(reason)
    }
    return .pass
  }

  private static func run(
    _ imported: ImportedModel, _ inputs: [String: Tensor]
  ) throws -> [String: Tensor] {
    let graph = imported.graph
    let state = try ModelState(StateLayout([graph]))
    for entry in state.layout.entries {
      guard let tensor = imported.weights[entry.name] else { continue }
      try state.set(entry.name, to: tensor)
    }
    let options = Compilation.Options(threads: 1)
    let executable = try Compilation.executable(graph, state: state, options: options)
    let needed = Set(graph.inputs.map(\.input.key))
    return try executable.run(inputs.filter { needed.contains($0.key) })
  }
}

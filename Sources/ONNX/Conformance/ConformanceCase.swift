import Foundation
import Runtime

/// A folder with a model, inputs and the outputs to be expected, as ONNX's own tests have them:
/// `KIND/NAME/model.onnx` and `KIND/NAME/test_data_set_0/input_0.pb`, `output_0.pb` and so on.
public struct ConformanceCase: Hashable, Sendable {
  public let kind: String
  public let name: String
  public let folder: String

  /// The case in a folder; its kind is the name of the folder around it.
  public init(folder: String) {
    let path = URL(fileURLWithPath: folder).standardizedFileURL
    self.folder = path.path
    name = path.lastPathComponent
    kind = path.deletingLastPathComponent().lastPathComponent
  }

  /// The operator that the case tests, with its domain where that is not ONNX's own; nil for models
  /// of several.
  public func operatorName() -> String? {
    guard let nodes = try? ONNXModelFile.read(folder + "/model.onnx").model.graph.node else {
      return nil
    }
    let names = Set(nodes.map { OperatorTable.key($0.domain, $0.opType) })
    return names.count == 1 ? names.first : nil
  }

  /// How a report calls it.
  public var label: String { "\(kind)/\(name)" }

  /// The cases below a folder, sorted: of a case itself, of a kind, or of several kinds.
  ///
  /// Errors: `DataError` for a folder that cannot be listed or holds no case.
  public static func find(in folder: String) throws(ONNXError) -> [ConformanceCase] {
    if isCase(folder) { return [ConformanceCase(folder: folder)] }
    var cases: [ConformanceCase] = []
    for child in try entries(of: folder).map({ folder + "/" + $0 }) {
      if isCase(child) {
        cases.append(ConformanceCase(folder: child))
      } else if isFolder(child) {
        cases += try entries(of: child).map { child + "/" + $0 }.filter(isCase)
          .map { ConformanceCase(folder: $0) }
      }
    }
    guard !cases.isEmpty else {
      throw .file(
        .malformed(
          file: folder, problem: "holds no case",
          expected: "folders KIND/NAME with model.onnx and test_data_set_0"))
    }
    return cases
  }

  private static func entries(of folder: String) throws(ONNXError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw .file(.cannotRead(file: folder, reason: "it is no folder that can be listed"))
    }
  }

  private static func isCase(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/model.onnx")
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}

extension ConformanceCase {
  /// What `tolerance.json` says; a case without one has ONNX's own values.
  struct Tolerance: Decodable {
    var rtol = 1e-3
    var atol = 1e-7
    /// Whether inputs and outputs are tensors of types that a file of tensors can hold.
    var isTensorsOnly = true

    enum CodingKeys: String, CodingKey {
      case rtol, atol
      case isTensorsOnly = "tensors_only"
    }

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      rtol = try values.decodeIfPresent(Double.self, forKey: .rtol) ?? rtol
      atol = try values.decodeIfPresent(Double.self, forKey: .atol) ?? atol
      isTensorsOnly = try values.decodeIfPresent(Bool.self, forKey: .isTensorsOnly) ?? isTensorsOnly
    }
  }

  func tolerance() throws -> Tolerance {
    let path = folder + "/tolerance.json"
    guard FileManager.default.fileExists(atPath: path) else { return Tolerance() }
    let bytes = try WholeFile.read(path, limit: 1 << 20)
    do {
      return try JSONDecoder().decode(Tolerance.self, from: Data(bytes))
    } catch {
      throw DataError.malformed(
        file: path, problem: "is not the JSON of a tolerance",
        expected: #"{"rtol": 1e-3, "atol": 1e-7}"#)
    }
  }

  /// The folders of inputs and outputs, in order.
  func dataSets() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasPrefix("test_data_set_") }.sorted().map { folder + "/" + $0 }
  }
}

import Foundation
import GraphIR
import Runtime
import Testing

/// The path of a file of Tests/RuntimeTests/Fixtures.
func fixture(_ name: String) -> String {
  Bundle.module.bundlePath + "/Fixtures/" + name
}

/// A folder of its own for `body`, gone afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.path + "/dlc-test-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The names in a folder, hidden ones too.
func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// The text of the error that `body` throws, without the folder of the file it names.
func message(_ folder: String = "", of body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    if folder.isEmpty { return "\(error)" }
    return "\(error)".replacingOccurrences(of: folder + "/", with: "")
  }
}

import Foundation
import Testing

/// The command line as its users have it: a process of its own.
struct DLCProcess {
  struct Result {
    let status: Int32
    let isSignalled: Bool
    let output: String
    let errors: String
  }

  private final class Anchor {}

  /// The binary that was built along with the tests.
  static func binary() throws -> String {
    var folder = Bundle(for: Anchor.self).bundleURL
    var tried = [URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()]
    for _ in 0..<4 {
      tried.append(folder)
      folder.deleteLastPathComponent()
    }
    let found = tried.map { $0.appendingPathComponent("dlc").path }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    return try #require(found, "dlc is not beside the tests")
  }

  let process = Process()
  private let output: URL
  private let errors: URL

  /// Starts `dlc` with these arguments; what it prints goes to files in `folder`.
  init(_ arguments: [String], in folder: String) throws {
    let name = UUID().uuidString
    output = URL(fileURLWithPath: "\(folder)/.\(name).out")
    errors = URL(fileURLWithPath: "\(folder)/.\(name).err")
    for file in [output, errors] {
      try Data().write(to: file)
    }
    process.executableURL = URL(fileURLWithPath: try DLCProcess.binary())
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  func wait() throws -> Result {
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      isSignalled: process.terminationReason == .uncaughtSignal,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// The number of whole lines in a file so far; 0 where there is none.
  static func lines(_ path: String) -> Int {
    let text = FileManager.default.contents(atPath: path) ?? Data()
    return text.filter { $0 == UInt8(ascii: "\n") }.count
  }
}

/// Runs `dlc` to its end.
func dlc(_ arguments: [String], in folder: String) throws -> DLCProcess.Result {
  try DLCProcess(arguments, in: folder).wait()
}

/// A folder of its own for `body`, gone afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.path + "/dlc-train-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The bytes of a file.
func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Linear regression on two features, four rows a step.
let lineGraph = """
  graph "line" {
    %x = input(name="x", dtype="f32", shape=[4, 2])
    %y = input(name="y", dtype="f32", shape=[4, 1])
    %w = variable(name="w", dtype="f32", shape=[2, 1], role="parameter", fill=0.0)
    %p = matmul(transpose_a=false, transpose_b=false) %x, %w
    %d = sub %p, %y
    %s = mul %d, %d
    %l = mean(axes=[0, 1], keep=false) %s
    output "loss" %l
  }
  """

import Foundation
import Testing

/// The built `dlc`, run once with arguments.
struct CommandLineRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs the binary beside the test bundle in `folder`, and waits for it.
  init(_ arguments: [String], in folder: URL? = nil) throws {
    (status, output, errors) = try TemporaryFolder.with { own in
      let process = Process()
      process.executableURL = CommandLineRun.binary
      process.arguments = arguments
      process.currentDirectoryURL = folder
      // Files, not pipes: a full pipe would stop the process while the other is read.
      let (output, errors) = (own.appending(path: "output"), own.appending(path: "errors"))
      for file in [output, errors] { try Data().write(to: file) }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationReason == .exit else {
        throw Died(arguments: arguments, signal: process.terminationStatus)
      }
      let texts = try [output, errors].map {
        String(decoding: try Data(contentsOf: $0), as: UTF8.self)
      }
      return (process.terminationStatus, texts[0], texts[1])
    }
  }

  /// What standard output got; any other status than 0 fails the test.
  static func output(
    _ arguments: String..., in folder: URL? = nil, at location: SourceLocation = #_sourceLocation
  ) throws -> String {
    let run = try CommandLineRun(arguments, in: folder)
    #expect(run.status == 0, "\(arguments): \(run.errors)", sourceLocation: location)
    return run.output
  }

  /// The one line on standard error of a run that must fail with `status` and print nothing.
  static func failure(
    _ arguments: String..., status: Int32 = 1, in folder: URL? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> String {
    let run = try CommandLineRun(arguments, in: folder)
    #expect(run.status == status, "\(arguments): \(run.errors)", sourceLocation: location)
    #expect(run.output == "", sourceLocation: location)
    if status == 1 {
      #expect(run.errors.hasPrefix("dlc: "), sourceLocation: location)
      #expect(run.errors.filter(\.isNewline).count == 1, sourceLocation: location)
    }
    return run.errors
  }

  struct Died: Error {
    let arguments: [String]
    let signal: Int32
  }

  private static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "dlc")
}

/// A folder that exists while a test uses it.
enum TemporaryFolder {
  static func with<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dlc-test-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

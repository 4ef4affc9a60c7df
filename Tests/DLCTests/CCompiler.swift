import Foundation
import Testing

/// A C compiler of this machine, for tests of what `dlc` prints.
struct CCompiler: Sendable, CustomTestStringConvertible {
  let path: String
  /// Options that make it refuse anything doubtful.
  let strict: [String]
  var testDescription: String { path }

  /// Those that are there.
  static let found: [CCompiler] = [
    CCompiler(path: "gcc", strict: ["-Wall", "-Wextra", "-Werror", "-O3"]),
    CCompiler(path: "clang", strict: ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O3"]),
    CCompiler(path: "tcc", strict: ["-Wall", "-Werror"]),
  ].filter { $0.isThere }

  static let gcc = found.first { $0.path == "gcc" }

  /// Compiles in `folder`; the messages, empty when all is well.
  func compile(_ arguments: [String], in folder: URL) throws -> String {
    try Self.run(["/usr/bin/env", path, "-std=c99"] + strict + arguments, in: folder).output
  }

  private var isThere: Bool {
    (try? CCompiler.run(["/usr/bin/env", path, "-v"], in: nil).status) == 0
  }

  /// Runs a program and waits for it; what it printed on either stream.
  static func run(_ command: [String], in folder: URL?) throws -> (status: Int32, output: String) {
    try TemporaryFolder.with { own in
      let process = Process()
      process.executableURL =
        command[0].hasPrefix("/")
        ? URL(filePath: command[0]) : folder?.appending(path: command[0])
      process.arguments = Array(command.dropFirst())
      process.currentDirectoryURL = folder
      let file = own.appending(path: "output")
      try Data().write(to: file)
      let handle = try FileHandle(forWritingTo: file)
      process.standardOutput = handle
      process.standardError = handle
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return (
        process.terminationStatus, String(decoding: try Data(contentsOf: file), as: UTF8.self)
      )
    }
  }
}

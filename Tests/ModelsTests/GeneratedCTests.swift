import Codegen
import Foundation
import GraphIR
import Models
import Runtime
import TestSupport
import Testing

/// The generated C is C: strict compilers find nothing to warn of.
@Suite struct GeneratedCTests {
  @Test(arguments: ["gcc", "clang"])
  func compilesWithoutWarnings(_ compiler: String) throws {
    guard let path = Self.find(compiler) else {
      print("skipped: there is no \(compiler) in PATH")
      return
    }
    for fixture in try FixtureGeneratorTests.fixtures().models {
      let step = try fixture.step()
      let program = Compilation(step, state: StateLayout([step])).program
      let messages = try Self.compile(program.source, with: path)
      #expect(messages == "", "\(compiler) on \(fixture.name): \(messages)")
    }
  }

  private static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":")
      .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// What the compiler has to say; empty where it accepts the source.
  private static func compile(_ source: String, with compiler: URL) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("dlc-test-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("model.c")
    try Data(source.utf8).write(to: file)
    let log = folder.appendingPathComponent("log")
    try Data().write(to: log)
    let process = Process()
    process.executableURL = compiler
    process.arguments = [
      "-std=c99", "-Wall", "-Wextra", "-Werror", "-c", file.path, "-o", file.path + ".o",
    ]
    // A file, not a pipe: long output must not block the compiler.
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    process.waitUntilExit()
    let messages = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    if process.terminationStatus == 0 { return "" }
    return messages.isEmpty ? "status \(process.terminationStatus)" : messages
  }
}

import Foundation
import Testing

/// `dlc conformance` over folders of cases.
@Suite struct ConformanceCommandTests {
  /// Cases of Relu and of an operator that nobody has: one passes, one fails, one is not supported.
  private func write(to folder: URL) throws {
    let fixtures = Bundle.module.resourceURL!.appending(path: "Fixtures/conformance")
    try FileManager.default.copyItem(at: fixtures, to: folder.appending(path: "cases"))
  }

  @Test func printsALineACaseAndATotalAKind() throws {
    try TemporaryFolder.with { folder in
      try write(to: folder)
      let run = try CommandLineRun(
        ["conformance", "cases", "--table", "operators.md", "--workers", "2"], in: folder)
      #expect(run.status == 1)
      #expect(run.errors == "dlc: 1 of 4 cases failed\n")
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 6)
      #expect(lines[0] == "PASS node/test_relu")
      #expect(
        lines[1] == "FAIL node/test_relu_wrong output 'y' worst element [1]: 0.0, expected 1.0")
      #expect(lines[2].hasPrefix("UNSUPPORTED node/test_unknown node "))
      #expect(lines[3] == "PASS other/test_relu")
      #expect(lines[4] == "node: 1 of 3 passed, 1 failed, 1 unsupported")
      #expect(lines[5] == "other: 1 of 1 passed, 0 failed, 0 unsupported")
      let table = try String(
        contentsOf: folder.appending(path: "operators.md"), encoding: .utf8)
      #expect(table.contains("| `Relu` | 2 of 3 | test_relu_wrong: output 'y' worst element [1]"))
      #expect(table.contains("| `Unknown` | 0 of 1 | "))
    }
  }

  @Test func passesWithStatus0() throws {
    try TemporaryFolder.with { folder in
      try write(to: folder)
      _ = try CommandLineRun.output("conformance", "cases/node/test_relu", in: folder)
      let error = try CommandLineRun.failure("conformance", "none", in: folder)
      #expect(error.contains("none"))
    }
  }
}

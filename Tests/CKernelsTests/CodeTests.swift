import CKernels
import Foundation
import Testing

/// Code given back leaves memory, and runs on as before.
@Suite struct CodeTests {
  #if os(Linux)
    /// Kilobytes of files' pages in memory.
    private func fileKilobytes() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
      return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) })
    }

    @Test func givesBack() throws {
      // Other tests run meanwhile and map their code again: a few tries.
      var isLess = false
      for _ in 0..<20 where !isLess {
        let before = try fileKilobytes()
        dlc_code_give_back()
        isLess = try fileKilobytes() < before
      }
      #expect(isLess)
    }
  #endif
}

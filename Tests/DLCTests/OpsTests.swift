import Foundation
import GraphIR
import Testing

@Suite struct OpsTests {
  @Test func markdownPageIsCurrent() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/ops.md")
    let text = try CommandLineRun.output("ops", "--markdown")
    #expect(
      try String(contentsOf: page, encoding: .utf8) == text, "write it anew: dlc ops --markdown")
  }

  @Test func everyOpHasALineOfJSON() throws {
    let lines = try CommandLineRun.output("ops", "--json").split(separator: "\n")
    let objects = try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(objects.compactMap { $0["name"] as? String } == OpTable.entries.map(\.name))
    for object in objects {
      #expect((object["dtypes"] as? [String])?.isEmpty == false, "\(object)")
      #expect((object["summary"] as? String)?.isEmpty == false, "\(object)")
    }
    let kinds = Dictionary(
      uniqueKeysWithValues: objects.map { ($0["name"] as? String, $0["computation"] as? String) })
    #expect(kinds["matmul"] == "contraction")
    #expect(kinds["relu"] == "map")
    #expect(kinds["input"] == "source")
  }
}

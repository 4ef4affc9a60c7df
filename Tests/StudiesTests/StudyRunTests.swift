import Foundation
import Studies
import Testing

/// Studies run to the end, and their reports have what a reader needs.
@Suite(.serialized) struct StudyRunTests {
  @Test(arguments: Study.all.map(\.name)) func quickRun(_ name: String) throws {
    var options = StudyOptions()
    options.isQuick = true
    let study = try Study.named(name)
    let report = try study.run(options)
    #expect(!report.judgements.isEmpty)
    #expect(report.seconds < 60)
    let folder = FileManager.default.temporaryDirectory.appending(path: "dlc-study-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try report.write(to: folder.path)
    let page = try String(contentsOf: folder.appending(path: "index.html"), encoding: .utf8)
    // One file: nothing in it refers to another.
    #expect(!page.contains("src=\"http") && !page.contains("href="))
    for judgement in report.judgements {
      #expect(!judgement.measured.contains("nan"), "\(judgement)")
      #expect(page.contains("\(judgement.verdict)"))
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.contains { $0.hasSuffix(".svg") || $0.hasSuffix(".png") })
    #expect(files.contains { $0.hasSuffix(".csv") })
    let json =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appending(path: "results.json"))) as? [String: Any]
    #expect((json?["values"] as? [String: Any])?.isEmpty == false)
  }

  @Test func unknownStudiesAreNamed() {
    let error = #expect(throws: StudyError.self) { try Study.named("latents") }
    #expect("\(error!)".contains("latent-sweep"))
  }

  @Test func exponentsAreFitted() {
    let x = [1.0, 2, 4, 8]
    #expect(abs(fittedExponent(x, x.map { 3 * $0 * $0 }) - 2) < 1e-12)
  }
}

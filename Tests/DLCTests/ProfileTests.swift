import Foundation
import Testing

@Suite struct ProfileTests {
  @Test func tableHasEveryKernelOfTheStep() throws {
    try TemporaryFolder.with { folder in
      let model = ["classifier", "--batch", "64", "--width", "64"]
      let run = try CommandLineRun(
        ["profile"] + model
          + ["--steps", "5", "--seconds", "0.05", "--threads", "2", "--trace", "t.json"],
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines[0].hasPrefix("kernel "))
      let rows = lines[1...].prefix { !$0.isEmpty }
      let names = rows.compactMap { $0.split(separator: " ").first.map(String.init) }
      #expect(names.contains { $0.contains("matmul") })
      for line in ["step  ", "products  ", "memory  ", "thread 0  ", "thread 1  "] {
        #expect(lines.contains { $0.hasPrefix(line) }, "\(line)")
      }
      let last = lines.last { !$0.isEmpty } ?? ""
      #expect(last.hasPrefix("libtcc-compiled C: ") && last.hasSuffix(" samples"))
      // Sorted by time, the longest first.
      let times = rows.compactMap { row in
        row.split(separator: " ").dropFirst(2).first.flatMap { Double($0) }
      }
      #expect(times.count == rows.count)
      #expect(times == times.sorted(by: >))
      let trace = try String(contentsOf: folder.appending(path: "t.json"), encoding: .utf8)
      for name in names { #expect(trace.contains("\"\(name)\""), "\(name)") }
    }
  }

  @Test func takesGraphsAndSaysWhatIsWrong() throws {
    try TemporaryFolder.with { folder in
      let graph = try CommandLineRun.output("dump", "vae", "--stage", "graph", "--batch", "4")
      try Data(graph.utf8).write(to: folder.appending(path: "vae.graph"))
      let text = try CommandLineRun.output(
        "profile", "vae.graph", "--steps", "2", "--seconds", "0.01", in: folder)
      #expect(text.contains("libtcc-compiled C"))
    }
    #expect(try CommandLineRun.failure("profile", "autoencodr").contains("'autoencoder'"))
    _ = try CommandLineRun.failure("profile", "vae", "--steps", "0", status: 2)
    _ = try CommandLineRun.failure("profile", "vae", "--seconds", "-1", status: 2)
  }
}
